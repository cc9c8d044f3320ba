-- Notes that a model service listens. ARGV[5] the model, ARGV[6] its URL, ARGV[7] after how many
-- ms of silence it is gone, ARGV[8] where the announcement came from, empty if that is not known.
-- Answers 1 if it was unknown or gone, else 0.

local endpoints = endpoints_key(ARGV[5])
local origins = origins_key(ARGV[5])
redis.call('SADD', MODELS, ARGV[5])
redis.call('ZREM', FORGOTTEN, ARGV[5])
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', endpoints, '-inf', now)) do
  redis.call('HDEL', origins, gone)
end
redis.call('ZREMRANGEBYSCORE', endpoints, '-inf', now)
local added = redis.call('ZADD', endpoints, now + ARGV[7], ARGV[6])
if added == 1 then redis.call('HSET', origins, ARGV[6], struct.pack('>I6', wall) .. ARGV[8]) end
return added
