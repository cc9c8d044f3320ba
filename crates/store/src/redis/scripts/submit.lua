-- Puts jobs in line. ARGV[5] is 'rerun' if finished ones are to be done again; ARGV[6] the jobs,
-- each an image, the index of its model and its priority; from ARGV[7] on the models.
-- Answers one byte per job: '+' if it was put in line, else the state it is in.
--
-- Without the flag allow-oom: a full server refuses the script as a whole, before it has begun.

local JOB = '>c16I4B'
local FIRST_MODEL = 7

local rerun = ARGV[5] == 'rerun'
local jobs = ARGV[6]
local answers = {}
local queued = {}

local function was_finished(job)
  return job.state == 'C' or (rerun and (job.state == 'S' or job.state == 'F'))
end

local at = 1
while at <= #jobs do
  local md5, index, priority
  md5, index, priority, at = struct.unpack(JOB, jobs, at)
  local model = ARGV[FIRST_MODEL + index]
  local job = read(md5, model)
  if job and not was_finished(job) then
    answers[#answers + 1] = job.state
    count(model, 'duplicate')
  else
    queued[model] = (queued[model] or 0) + 1
    start(md5, model, job or {changed = 0}, priority)
    answers[#answers + 1] = '+'
    count(model, 'submitted')
  end
end

for model, new in pairs(queued) do
  redis.call('SADD', QUEUES, model)
  wake(model, new)
end
save_counts()
return table.concat(answers)
