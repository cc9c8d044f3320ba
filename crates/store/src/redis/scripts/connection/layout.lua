#!lua flags=allow-oom
-- Says that a program is here and which layouts it reads, and raises the layout as far as all programs
-- that are here read it. KEYS[1] is the prefix of all keys; ARGV[1] and ARGV[2] the oldest and the
-- newest layout that the program reads; ARGV[3] for how long it says so, in ms.
-- Answers the layout of the keys. One that the program does not read is left alone.

local VERSION, PROGRAMS = KEYS[1] .. ':v', KEYS[1] .. ':programs'
local oldest, newest, lifetime = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

-- A server that was emptied has lost its mark.
redis.call('SET', VERSION, newest, 'NX')
local layout = redis.call('GET', VERSION)
local there = tonumber(layout)
if not there or there < oldest or there > newest then return layout end

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
-- One member for all programs that read up to the same layout, with the time until which there is
-- one. Written a few times in its lifetime, so that an idle system writes next to nothing.
local said = tonumber(redis.call('ZSCORE', PROGRAMS, ARGV[2]) or 0)
if said < now + lifetime * 2 / 3 or said > now + lifetime then
  redis.call('ZREMRANGEBYSCORE', PROGRAMS, '-inf', now)
  redis.call('ZADD', PROGRAMS, now + lifetime, ARGV[2])
  redis.call('PEXPIRE', PROGRAMS, lifetime)
end

local all_read = newest
for _, reads in ipairs(redis.call('ZRANGEBYSCORE', PROGRAMS, '(' .. now, '+inf')) do
  all_read = math.min(all_read, tonumber(reads))
end
if all_read > there then
  redis.call('SET', VERSION, all_read)
  return tostring(all_read)
end
return layout
