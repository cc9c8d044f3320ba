-- Counts jobs. ARGV[5] is 'all' if all models that ever had jobs are meant; ARGV[6] the number of
-- counters to read; then the counters; then the models, unless all are meant.
-- Answers per model its name and its counts.

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
  answers[#answers + 1] = {model, counts_of(model, FIRST_COUNTER, first_model - 1)}
end
return answers
