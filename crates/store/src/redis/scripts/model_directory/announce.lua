-- Notes that a model service listens. ARGV[5] the model, ARGV[6] its URL, ARGV[7] after how many
-- ms of silence it is gone, ARGV[8] where the announcement came from, empty if that is not known,
-- ARGV[9] for how many ms one that is gone is remembered, ARGV[10] how many of a model are. Answers 1
-- if it was unknown or gone, else 0.

local endpoints = endpoints_key(ARGV[5])
local origins = origins_key(ARGV[5])
local function forget(urls)
  for _, url in ipairs(urls) do
    redis.call('ZREM', endpoints, url)
    redis.call('HDEL', origins, url)
  end
end

redis.call('SADD', MODELS, ARGV[5])
redis.call('ZREM', FORGOTTEN, ARGV[5])
local gone_at = tonumber(redis.call('ZSCORE', endpoints, ARGV[6]) or 0)
local is_news = gone_at <= now
redis.call('ZADD', endpoints, now + ARGV[7], ARGV[6])
if is_news then redis.call('HSET', origins, ARGV[6], struct.pack('>I6', wall) .. ARGV[8]) end
forget(redis.call('ZRANGEBYSCORE', endpoints, '-inf', now - ARGV[9]))
local too_many = redis.call('ZCARD', endpoints) - ARGV[10]
if too_many > 0 then forget(redis.call('ZRANGE', endpoints, 0, too_many - 1)) end
return is_news and 1 or 0
