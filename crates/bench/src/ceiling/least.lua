-- The least that claims and finishes jobs: a line, a state per image and model, leases with a
-- fence, and results that go in the end. Nothing of it can be cancelled, retried or told of.
-- KEYS[1] the prefix; ARGV[1] the model; ARGV[2] the lease and ARGV[3] the retention, in ms;
-- ARGV[4] how many to claim; ARGV[5] the jobs to finish, each an image and a fence; ARGV[6] what
-- they came to. Answers how many were finished, and the jobs claimed.

local prefix, model = KEYS[1], ARGV[1]
local clock = redis.call('TIME')
local now_us = clock[1] * 1000000 + clock[2]

local finished, at = 0, 1
while at <= #ARGV[5] do
  local md5, fence
  md5, fence, at = struct.unpack('>c16I8', ARGV[5], at)
  local state = redis.call('HGET', prefix .. 'i:' .. md5, model)
  if state == 'R' .. struct.pack('>I8', fence) then
    redis.call('HSET', prefix .. 'i:' .. md5, model, 'S')
    redis.call('PEXPIRE', prefix .. 'i:' .. md5, ARGV[3])
    redis.call('ZREM', prefix .. 'a', md5)
    redis.call('SET', prefix .. 'r:' .. md5, ARGV[6], 'PX', ARGV[3])
    finished = finished + 1
  end
end

local claimed = {}
for n, md5 in ipairs(redis.call('LPOP', prefix .. 'q', ARGV[4]) or {}) do
  local fence = struct.pack('>I8', now_us + n)
  redis.call('HSET', prefix .. 'i:' .. md5, model, 'R' .. fence)
  redis.call('ZADD', prefix .. 'a', now_us / 1000 + ARGV[2], md5)
  claimed[n] = md5 .. fence
end
return {finished, table.concat(claimed)}
