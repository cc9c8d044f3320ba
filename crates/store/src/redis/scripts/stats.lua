-- Counts jobs. ARGV[5] is 'all' if all models that ever had jobs are meant; ARGV[6] the number of
-- counters to read; then the counters; then the models, unless all are meant.
-- Answers per model: its name, the lengths of its three lines, the numbers of waiting, running and
-- failed jobs, the counters.

local FIRST_COUNTER = 7
local first_model = FIRST_COUNTER + ARGV[6]

local models = {}
if ARGV[5] == 'all' then
  models = redis.call('SMEMBERS', QUEUES)
else
  for n = first_model, #ARGV do models[#models + 1] = ARGV[n] end
end

local answers = {}
for _, model in ipairs(models) do
  local lines, counters = {}, {}
  for priority = 0, 2 do
    lines[#lines + 1] = redis.call('LLEN', line_key(model, priority))
  end
  for n = FIRST_COUNTER, first_model - 1 do
    counters[#counters + 1] = tonumber(redis.call('HGET', model_key(model), ARGV[n]) or 0)
  end
  answers[#answers + 1] = {model, lines, redis.call('ZCARD', waiting_key(model)),
    redis.call('ZCARD', leases_key(model)), redis.call('ZCARD', failed_key(model)), counters}
end
return answers
