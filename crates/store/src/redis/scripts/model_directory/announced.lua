-- Lists the endpoints that announced themselves and are remembered. ARGV[5] is for how many ms one
-- that is gone is. Answers per endpoint: the model, the URL, for how many ms it stays alive.

local answers = {}
for _, model in ipairs(redis.call('SMEMBERS', MODELS)) do
  local endpoints = redis.call('ZRANGEBYSCORE', endpoints_key(model),
    string.format('(%.0f', now - ARGV[5]), '+inf', 'WITHSCORES')
  for n = 1, #endpoints, 2 do
    answers[#answers + 1] = {model, endpoints[n], tonumber(endpoints[n + 1]) - now}
  end
end
return answers
