-- Notes that remembered endpoints are alive. ARGV from the fifth on, per endpoint: the model, the
-- URL, for how many ms it stays alive at least.

for n = 5, #ARGV, 3 do
  redis.call('ZADD', endpoints_key(ARGV[n]), 'XX', 'GT', now + ARGV[n + 2], ARGV[n + 1])
end
return 0
