-- Reads a slice of a list of jobs. ARGV[5] the model; ARGV[6] 'queued', 'waiting' or 'running';
-- ARGV[7] the priority, for a line; ARGV[8] the first place, from 0; ARGV[9] how many places.
-- Answers the images, and whether there are more places.

local model, list, first = ARGV[5], ARGV[6], tonumber(ARGV[8])
local last = first + ARGV[9] - 1

local function slice(command, key)
  -- A place before the first would be counted from the end.
  return last >= first and redis.call(command, key, first, last) or {}
end

local entries, length, states
if list == 'queued' then
  local line = line_key(model, ARGV[7])
  entries, length, states = slice('LRANGE', line), redis.call('LLEN', line), 'Q'
else
  local set = list == 'waiting' and waiting_key(model) or leases_key(model)
  entries, length = slice('ZRANGE', set), redis.call('ZCARD', set)
  states = list == 'waiting' and 'W' or 'RK'
end

-- A cancelled job's entry stays in line until it is reached, also when the job is asked for again
-- and has another.
local function is_left_behind(job, queued_at)
  return not states:find(job.state, 1, true)
    or queued_at ~= '' and queued_at ~= struct.pack('>I4', job.changed % 4294967296)
end

local images = {}
for _, entry in ipairs(entries) do
  local md5, queued_at = entry:sub(1, 16), entry:sub(17)
  local job = try_read(md5, model)
  -- An unreadable one is still a job.
  if job == false or job and not is_left_behind(job, queued_at) then images[#images + 1] = md5 end
end
return {images, last + 1 < length and 1 or 0}
