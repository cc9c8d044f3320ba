-- Lists the known models. Answers per model: the name, the endpoints that have not fallen
-- silent, the classes and the hold, both empty if there are none.

local answers = {}
for _, model in ipairs(redis.call('SMEMBERS', MODELS)) do
  local endpoints = redis.call('ZRANGEBYSCORE', endpoints_key(model),
    string.format('(%.0f', now), '+inf')
  local classes = redis.call('HGET', model_key(model), 'classes') or ''
  answers[#answers + 1] = {model, endpoints, classes, read_hold(model)}
end
return answers
