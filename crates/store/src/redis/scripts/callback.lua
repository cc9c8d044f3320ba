-- A callback is the image and the address, as a member of the set of all; and, among the image's
-- own, under its address, its id and how often it failed. Its score is when it is due, infinite
-- while it waits for the image.

local CALLBACK = '>c16I4'

local function save_callback(md5, url, id, failures)
  redis.call('HSET', callbacks_key(md5), url, struct.pack(CALLBACK, id, failures))
end

local function schedule(md5, url, due)
  redis.call('ZADD', CALLBACKS, due, md5 .. url)
end
