-- Lists the known models, and the names of those that were forgotten a short while ago. Answers per
-- model: the name, the endpoints that have not fallen silent, the classes and the hold, both empty if
-- there are none, and of each endpoint when it was announced and from where, empty if nobody wrote
-- that down.

local answers = {}
for _, model in ipairs(redis.call('SMEMBERS', MODELS)) do
  local endpoints = redis.call('ZRANGEBYSCORE', endpoints_key(model),
    string.format('(%.0f', now), '+inf')
  local classes = redis.call('HGET', model_key(model), 'classes') or ''
  local origins = {}
  for n, url in ipairs(endpoints) do
    origins[n] = redis.call('HGET', origins_key(model), url) or ''
  end
  answers[#answers + 1] = {model, endpoints, classes, read_hold(model), origins}
end
return {answers, redis.call('ZRANGEBYSCORE', FORGOTTEN, string.format('(%.0f', now), '+inf')}
