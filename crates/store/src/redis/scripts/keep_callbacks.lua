-- Keeps callbacks. From ARGV[5] on an image, an address and an id each.
--
-- Without the flag allow-oom: see submit.

for n = 5, #ARGV, 3 do
  local md5, url, id = ARGV[n], ARGV[n + 1], ARGV[n + 2]
  if redis.call('HEXISTS', callbacks_key(md5), url) == 0 then
    save_callback(md5, url, id, 0)
    schedule(md5, url, finished_jobs(md5) and now or '+inf')
  end
end
