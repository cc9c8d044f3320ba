-- Reads all jobs of images. From ARGV[5] on the images.
-- Answers one list per image, of four entries per job: the model; the record; for a waiting job
-- the time it comes due, for a queued job why its model cannot take it, else empty; the outcome.

local holds = {}

local function hold(model)
  if holds[model] == nil then holds[model] = read_hold(model) end
  return holds[model]
end

local answers = {}
for n = 5, #ARGV do
  local md5 = ARGV[n]
  local fields = redis.call('HGETALL', image_key(md5))
  local jobs = {}
  for f = 1, #fields, 2 do
    local model, record = fields[f], fields[f + 1]
    local state = record:sub(1, 1)
    local reason = ''
    if state == 'W' then
      reason = redis.call('ZSCORE', waiting_key(model), md5) or ''
    elseif state == 'Q' then
      reason = hold(model)
    end
    local outcome = redis.call('GET', outcome_key(md5, model)) or ''
    jobs[#jobs + 1] = {model, record, reason, outcome}
  end
  for _, job in ipairs(folded_jobs(md5)) do jobs[#jobs + 1] = {job[1], job[2], '', job[3]} end
  answers[#answers + 1] = jobs
end
return answers
