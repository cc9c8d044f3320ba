-- Notes what became of a callback. ARGV[5] the image, ARGV[6] the target, ARGV[7] the id; ARGV[8]
-- 'settled', 'failed' or 'early'; ARGV[9] after how many ms it is due again.

local md5, target, what = ARGV[5], ARGV[6], ARGV[8]
local packed = redis.call('HGET', callbacks_key(md5), target)
if not packed then return end
local id, failures = struct.unpack(CALLBACK, packed)
-- Settled before, and asked for again since.
if id ~= ARGV[7] then return end
if what == 'settled' then
  redis.call('HDEL', callbacks_key(md5), target)
  redis.call('ZREM', CALLBACKS, md5 .. target)
elseif what == 'failed' then
  save_callback(md5, target, id, failures + 1)
  schedule(md5, target, now + ARGV[9])
else
  schedule(md5, target, has_ended(md5, target) and now + ARGV[9] or '+inf')
end
