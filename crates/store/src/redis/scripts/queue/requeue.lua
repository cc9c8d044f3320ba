-- Puts failed jobs back in line. ARGV[5] the jobs, each an image and the index of its model; or,
-- if it is empty, ARGV[6] the most of them to take, those that failed longest ago; from ARGV[7] on
-- the models.
-- Answers how many.
--
-- Without the flag allow-oom: see submit.

local JOB = '>c16I4'
local FIRST_MODEL = 7

local jobs = {}
if ARGV[5] == '' then
  local model = ARGV[FIRST_MODEL]
  for _, md5 in ipairs(redis.call('ZRANGE', failed_key(model), 0, ARGV[6] - 1)) do
    -- One whose image has gone in the meantime leaves the list here.
    redis.call('ZREM', failed_key(model), md5)
    jobs[#jobs + 1] = {md5, model}
  end
else
  local at = 1
  while at <= #ARGV[5] do
    local md5, index
    md5, index, at = struct.unpack(JOB, ARGV[5], at)
    jobs[#jobs + 1] = {md5, ARGV[FIRST_MODEL + index]}
  end
end

local queued, total = {}, 0
for _, id in ipairs(jobs) do
  local md5, model = id[1], id[2]
  local job = read(md5, model)
  if job and job.state == 'F' then
    start(md5, model, job, job.priority)
    queued[model] = (queued[model] or 0) + 1
    total = total + 1
  end
end
for model, new in pairs(queued) do
  redis.call('SADD', QUEUES, model)
  wake(model, new)
end
conclude()
return total
