-- Lists jobs that can be put back in line, those that failed last first. ARGV[5] the model,
-- ARGV[6] the most of them.
-- Answers per job: its image, its record, its outcome.

local model = ARGV[5]

-- A job's record and its outcome, or nothing if it has gone.
local function find(md5)
  local packed = redis.call('HGET', image_key(md5), model)
  if packed then return packed, redis.call('GET', outcome_key(md5, model)) or '' end
  for _, job in ipairs(folded_jobs(md5)) do
    if job[1] == model then return job[2], job[3] end
  end
end

local answers = {}
for _, md5 in ipairs(redis.call('ZREVRANGE', failed_key(model), 0, ARGV[6] - 1)) do
  local packed, outcome = find(md5)
  if packed and packed:sub(1, 1) == 'F' then
    answers[#answers + 1] = {md5, packed, outcome}
  end
end
return answers
