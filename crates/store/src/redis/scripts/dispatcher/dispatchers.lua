-- Lists the dispatchers that have not fallen silent. Answers per dispatcher: when it said what it
-- says, in ms, and that.

local answers = {}
local living = redis.call('ZRANGEBYSCORE', DISPATCHERS, string.format('(%.0f', now), '+inf')
for _, id in ipairs(living) do
  local packed = redis.call('HGET', REPORTS, id)
  if packed then answers[#answers + 1] = {struct.unpack('>I6', packed), packed:sub(7)} end
end
return answers
