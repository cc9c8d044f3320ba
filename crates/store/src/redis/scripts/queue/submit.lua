-- Puts jobs in line. ARGV[5] what becomes of those that are known: 'new', cancelled ones are done
-- again; 'rerun', finished ones are; 'refill', none is; 'look', nothing is done at all. ARGV[6] the jobs, each an image, the index
-- of its model, its priority and 1 if it ended before; from ARGV[7] on the models.
-- Answers one byte per job: '+' if it was put in line, '-' if it ended before and is not known,
-- else the state it is in.
--
-- Without the flag allow-oom: a full server refuses the script as a whole, before it has begun.

local JOB = '>c16I4BB'
local FIRST_MODEL = 7

local mode = ARGV[5]
local jobs = ARGV[6]
local answers = {}
local queued = {}

local function begins_again(job)
  if mode == 'rerun' then return job.state == 'S' or job.state == 'F' or job.state == 'C' end
  return mode == 'new' and job.state == 'C'
end

local at = 1
while at <= #jobs do
  local md5, index, priority, ended_before
  md5, index, priority, ended_before, at = struct.unpack(JOB, jobs, at)
  local model = ARGV[FIRST_MODEL + index]
  local job = read(md5, model)
  if not job and ended_before == 1 and mode ~= 'rerun' then
    answers[#answers + 1] = '-'
  elseif job and not begins_again(job) then
    answers[#answers + 1] = job.state
    if mode == 'new' or mode == 'rerun' then count(model, 'duplicate') end
  elseif mode == 'look' then
    answers[#answers + 1] = '+'
  else
    if not queued[model] then redis.call('SADD', QUEUES, model) end
    queued[model] = (queued[model] or 0) + 1
    start(md5, model, job or {changed = 0}, priority)
    answers[#answers + 1] = '+'
    count(model, 'submitted')
  end
end

for model, new in pairs(queued) do
  wake(model, new)
end
conclude()
return table.concat(answers)
