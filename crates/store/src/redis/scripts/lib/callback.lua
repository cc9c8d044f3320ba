-- A callback is the image and the target, as a member of the set of all; and, among the image's own,
-- under its target, its id and how often it failed. A target is an address, behind the models and a
-- space if only their jobs are meant. The score is when the callback is due, infinite while it waits
-- for its jobs.

local CALLBACK = '>c16I4'

local function save_callback(md5, target, id, failures)
  redis.call('HSET', callbacks_key(md5), target, struct.pack(CALLBACK, id, failures))
end

local function schedule(md5, target, due)
  redis.call('ZADD', CALLBACKS, due, md5 .. target)
end
