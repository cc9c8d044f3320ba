-- Handing out jobs.

local CLAIMED = '>c16I4I8HHB'
-- The most jobs handed out per model: no script may hold up the server.
local MOST = 10000
-- How many entries left behind by cancelled jobs are passed over in one go.
local MOST_SKIPPED = 64

-- Takes up to `wanted` jobs off the model's lines. Answers the images and records.
local function take(model, wanted)
  local taken, skipped = {}, 0
  -- Now and then a claim begins at the other end, so that low is reached in the end.
  local turn = redis.call('HINCRBY', model_key(model), 'turn', 1)
  local order = turn % 16 == 0 and {2, 0, 1} or {0, 1, 2}
  for _, priority in ipairs(order) do
    while #taken < wanted and skipped <= MOST_SKIPPED do
      local entries = redis.call('LPOP', line_key(model, priority), wanted - #taken)
      if not entries then break end
      for _, entry in ipairs(entries) do
        local is_one, md5, job = is_in_line(entry, model)
        if is_one then
          taken[#taken + 1] = {md5, job}
        else
          skipped = skipped + 1
        end
      end
    end
  end
  return taken
end

local last_fence = nil

-- Above every fence before, on this server and, since it follows the clock, on one that was
-- promoted without having heard of the latest.
local function next_fence()
  last_fence = last_fence or tonumber(redis.call('GET', FENCE) or 0)
  last_fence = math.max(last_fence + 1, now_us)
  return last_fence
end

local function earliest(key)
  return tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2])
end

-- What was handed out, and when something comes due in one of the models asked for.
local claimed, next_due = {}, math.huge

-- Hands out jobs of the model, which the answer names by its index, to a dispatcher.
local function claim(dispatcher, lease, model, index, slots, limit)
  reclaim(model)
  promote(model)
  if slots > 0 then
    redis.call('HSET', model_key(model), 'limit', limit)
    local free = limit - redis.call('ZCARD', leases_key(model))
    local taken = take(model, math.min(slots, free, MOST))
    for _, entry in ipairs(taken) do
      local md5, job = entry[1], entry[2]
      job.fence = next_fence()
      job.claims = math.min(job.claims + 1, 65535)
      change(job, 'R')
      write(md5, model, job)
      redis.call('ZADD', leases_key(model), now + lease, md5)
      claimed[#claimed + 1] = struct.pack(CLAIMED, md5, index, job.fence, job.claims,
        job.failures, job.priority)
      count(model, 'claimed')
    end
    redis.call(#taken < slots and 'SADD' or 'SREM', idle_key(model), dispatcher)
    local left = math.min(backlog(model), free - #taken)
    -- What this dispatcher had no slots for is for others.
    wake(model, left)
    -- Having slots and room it stopped at the bounds of one call.
    if left > 0 and #taken < slots then next_due = now end
  end
  next_due = math.min(next_due, earliest(leases_key(model)) or math.huge,
    earliest(waiting_key(model)) or math.huge)
end
