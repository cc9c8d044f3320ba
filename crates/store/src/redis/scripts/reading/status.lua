-- Reads all jobs of images. From ARGV[5] on the images.
-- Answers one list per image: its jobs as they are folded, empty if they are not; then four entries per
-- other job: the model; the record; for a waiting job the time it comes due, for a queued job why its
-- model cannot take it, else empty; the outcome.

local holds = {}

local function hold(model)
  if holds[model] == nil then holds[model] = read_hold(model) end
  return holds[model]
end

local answers = {}
for n = 5, #ARGV do
  local md5 = ARGV[n]
  local fields = redis.call('HGETALL', image_key(md5))
  local answer = {redis.call('GET', folded_key(md5)) or ''}
  for f = 1, #fields, 2 do
    local model, record = fields[f], fields[f + 1]
    local state = record:sub(1, 1)
    local reason = ''
    if state == 'W' then
      local due = redis.call('ZSCORE', waiting_key(model), md5)
      reason = due and string.format('%.0f', due - ahead) or ''
    elseif state == 'Q' then
      reason = hold(model)
    end
    answer[#answer + 1] = model
    answer[#answer + 1] = record
    answer[#answer + 1] = reason
    answer[#answer + 1] = redis.call('GET', outcome_key(md5, model)) or ''
  end
  answers[#answers + 1] = answer
end
return answers
