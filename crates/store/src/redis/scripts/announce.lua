-- Notes that a model service listens. ARGV[5] the model, ARGV[6] its URL, ARGV[7] after how many
-- ms of silence it is gone. Answers 1 if it was unknown or gone, else 0.

local endpoints = endpoints_key(ARGV[5])
redis.call('SADD', MODELS, ARGV[5])
redis.call('ZREMRANGEBYSCORE', endpoints, '-inf', now)
return redis.call('ZADD', endpoints, now + ARGV[7], ARGV[6])
