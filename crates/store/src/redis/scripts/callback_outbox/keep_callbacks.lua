-- Keeps callbacks. From ARGV[5] on an image, a target and an id each.
--
-- Without the flag allow-oom: see submit.

for n = 5, #ARGV, 3 do
  local md5, target, id = ARGV[n], ARGV[n + 1], ARGV[n + 2]
  if redis.call('HEXISTS', callbacks_key(md5), target) == 0 then
    save_callback(md5, target, id, 0)
    schedule(md5, target, has_ended(md5, target) and now or '+inf')
  end
end
