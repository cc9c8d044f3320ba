-- Gives jobs back that ended, as far as they are unknown. ARGV[5] the jobs, each an image, the
-- index of its model and its record; ARGV[6] the number of models; then the models; then one
-- outcome per job, empty if there is none.
-- Answers how many were unknown.
--
-- Without the flag allow-oom: see submit.

local JOB = '>c16I4c27'
local FIRST_MODEL = 7

local first_outcome = FIRST_MODEL + ARGV[6]

local fence, restored = 0, 0
local jobs, at, number = ARGV[5], 1, 0
while at <= #jobs do
  local md5, index, packed
  md5, index, packed, at = struct.unpack(JOB, jobs, at)
  local model = ARGV[FIRST_MODEL + index]
  -- One that nobody can read is left to a person.
  if try_read(md5, model) == nil then
    unfold(md5)
    redis.call('HSET', image_key(md5), model, packed)
    local job = read(md5, model)
    local outcome = ARGV[first_outcome + number]
    if outcome ~= '' then keep_outcome(md5, model, outcome) end
    if job.state == 'F' then list_failed(md5, model, job) end
    redis.call('SADD', QUEUES, model)
    note_change(md5)
    fence = math.max(fence, job.fence)
    restored = restored + 1
  end
  number = number + 1
end

for _, md5 in ipairs(changed) do
  local jobs = finished_jobs(md5)
  call_back(md5, jobs ~= nil)
  if jobs and not fold(md5, jobs) then expire(md5, jobs) end
end
-- No claim to come shall have the fence of one that was recorded, even if the clock is set back.
-- One from the future is only shown: raised to it, the fences would no longer follow the clock.
fence = math.min(fence, wall_us)
if fence > tonumber(redis.call('GET', FENCE) or 0) then redis.call('SET', FENCE, fence) end
conclude()
return restored
