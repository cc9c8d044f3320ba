-- Tells of queues. ARGV[5] how many entries at each end of a line to look at; ARGV[6] the number of
-- counters to read; then the counters; then the models.
-- Answers per model: its name, its counts, the hold, empty if there is none, the endpoints that have
-- not fallen silent, and of each line nothing or, in ms, when its first and its last job was put in
-- line and when the oldest of the first was asked for.

local FIRST_COUNTER = 7
local first_model = FIRST_COUNTER + ARGV[6]
local look = tonumber(ARGV[5])

-- The jobs in line that are found from one entry to another: when each was put in line and asked
-- for. Entries left behind by cancelled jobs are passed over.
local function jobs_between(model, priority, from, to)
  local jobs = {}
  for _, entry in ipairs(redis.call('LRANGE', line_key(model, priority), from, to)) do
    local md5, since = struct.unpack('>c16I4', entry)
    local job = try_read(md5, model)
    if job and job.state == 'Q' and job.changed % 4294967296 == since then
      jobs[#jobs + 1] = job
    end
  end
  return jobs
end

local function ends_of(model, priority)
  local first = jobs_between(model, priority, 0, look - 1)
  local last = jobs_between(model, priority, -look, -1)
  if #first == 0 or #last == 0 then return {} end
  local first_at, oldest_at, last_at = math.huge, math.huge, 0
  for _, job in ipairs(first) do
    first_at, oldest_at = math.min(first_at, job.changed), math.min(oldest_at, job.submitted)
  end
  for _, job in ipairs(last) do last_at = math.max(last_at, job.changed) end
  return {first_at, last_at, oldest_at}
end

local answers = {}
for n = first_model, #ARGV do
  local model = ARGV[n]
  local endpoints = redis.call('ZRANGEBYSCORE', endpoints_key(model),
    string.format('(%.0f', now), '+inf')
  local lines = {}
  for priority = 0, 2 do lines[#lines + 1] = ends_of(model, priority) end
  answers[#answers + 1] = {model, counts_of(model, FIRST_COUNTER, first_model - 1),
    read_hold(model), endpoints, lines}
end
return answers
