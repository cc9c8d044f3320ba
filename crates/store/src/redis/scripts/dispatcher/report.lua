-- Notes what a dispatcher says of itself. ARGV[5] the dispatcher, ARGV[6] for how many ms, 0 if it
-- is gone, ARGV[7] what it says.

local id, lifetime = ARGV[5], tonumber(ARGV[6])

local gone = redis.call('ZRANGEBYSCORE', DISPATCHERS, '-inf', now, 'LIMIT', 0, 100)
if lifetime == 0 then gone[#gone + 1] = id end
if #gone > 0 then
  redis.call('ZREM', DISPATCHERS, unpack(gone))
  redis.call('HDEL', REPORTS, unpack(gone))
end

if lifetime > 0 then
  redis.call('ZADD', DISPATCHERS, now + lifetime, id)
  redis.call('HSET', REPORTS, id, struct.pack('>I6', wall) .. ARGV[7])
end

-- Once the last of them has fallen silent nothing is left.
local last = redis.call('ZRANGE', DISPATCHERS, -1, -1, 'WITHSCORES')[2]
if last then
  redis.call('PEXPIRE', DISPATCHERS, last - now)
  redis.call('PEXPIRE', REPORTS, last - now)
end
