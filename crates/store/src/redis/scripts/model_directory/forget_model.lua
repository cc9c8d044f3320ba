-- Forgets a model that has no unfinished jobs. ARGV[5] the model, ARGV[6] for how many ms those who
-- know it are told.
-- Answers -1 if it was forgotten, -2 if nobody knew it, else how many unfinished jobs it has.

local model = ARGV[5]
local known = redis.call('SISMEMBER', MODELS, model) + redis.call('SISMEMBER', QUEUES, model)
if known == 0 then return -2 end

-- How many entries of a line may be passed over: no script may hold up the server.
local MOST_PASSED = 10000

-- The length of a line without the entries that cancelled jobs left behind at its front.
local function line_length(priority)
  local line = line_key(model, priority)
  for _ = 1, MOST_PASSED do
    local entry = redis.call('LINDEX', line, 0)
    if not entry or is_in_line(entry, model) then break end
    redis.call('LPOP', line)
  end
  return redis.call('LLEN', line)
end

local unfinished = line_length(0) + line_length(1) + line_length(2)
  + redis.call('ZCARD', waiting_key(model)) + redis.call('ZCARD', leases_key(model))
if unfinished > 0 then return unfinished end

redis.call('UNLINK', failed_key(model), idle_key(model), model_key(model), hold_key(model),
  endpoints_key(model), origins_key(model))
redis.call('SREM', QUEUES, model)
redis.call('SREM', MODELS, model)
redis.call('ZREMRANGEBYSCORE', FORGOTTEN, '-inf', now)
redis.call('ZADD', FORGOTTEN, now + ARGV[6], model)
return -1
