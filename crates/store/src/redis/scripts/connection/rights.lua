#!lua flags=allow-oom
-- Finds out what the user may not do of what the other scripts do, and writes the layout of the keys
-- if there is none. KEYS[1] is the prefix of all keys; ARGV[1] and ARGV[2] the oldest and the newest
-- layout that the program reads.
-- Answers the layout that is there, and what is refused, each a word and a name: 'command ZADD',
-- 'key {photo}:f', 'channel {photo}:changes#'.
--
-- Nothing else is left behind: whatever would write is tried on a key of another type, or on a name
-- that no model and no image has. The server looks at rights before it looks at either.

local PREFIX = KEYS[1]
local VERSION = PREFIX .. ':v'

local refused, is_refused = {}, {}

-- Says what kind of right an answer says is missing; nil if it says nothing of the kind. These are
-- the words of the server's versions from 7.0 on.
local function missing_right(answer)
  local why = type(answer) == 'table' and answer.err
  if not why then return nil end
  if not why:find("executing the script can't", 1, true) and not why:find('no permissions', 1, true) then
    return nil
  end
  if why:find(' run ', 1, true) then return 'command' end
  return why:find(' channel', 1, true) and 'channel' or 'key'
end

local function note(answer, command, name)
  local kind = missing_right(answer)
  local what = kind and kind .. ' ' .. (kind == 'command' and command or name:gsub('%?', '*'))
  if what and not is_refused[what] then
    is_refused[what] = true
    refused[#refused + 1] = what
  end
  return kind
end

local function try(command, name, ...)
  if name then
    note(redis.pcall(command, name, ...), command, name)
  else
    note(redis.pcall(command), command, PREFIX)
  end
end

local version = redis.pcall('SET', VERSION, ARGV[2], 'NX', 'GET')
if type(version) == 'table' and version.err then
  -- Without a key of its own nothing can be tried; and there may be other reasons.
  if not note(version, 'SET', VERSION) then return version end
  return {false, refused}
end
if version then
  local layout = tonumber(version)
  if not layout or layout < tonumber(ARGV[1]) or layout > tonumber(ARGV[2]) then return {version, refused} end
end

try('TIME')
try('INFO', 'server')
for _, command in ipairs({'GET', 'STRLEN', 'EXISTS', 'PERSIST', 'LLEN', 'HGETALL', 'HKEYS', 'SMEMBERS', 'SUNION', 'SPOP', 'ZCARD'}) do
  try(command, VERSION)
end
for _, command in ipairs({'HGET', 'HEXISTS', 'HDEL', 'LINDEX', 'RPUSH', 'LPUSH', 'LPOP', 'SADD', 'SREM', 'SISMEMBER', 'ZREM', 'ZSCORE'}) do
  try(command, VERSION, 1)
end
for _, command in ipairs({'HSET', 'HSETNX', 'HINCRBY', 'LRANGE', 'ZADD', 'ZCOUNT', 'ZRANGE', 'ZREVRANGE', 'ZRANGEBYSCORE', 'ZREMRANGEBYSCORE'}) do
  try(command, VERSION, 1, 1)
end
-- It has no time to live that could be changed.
try('PEXPIRE', VERSION, 1000, 'XX')
try('DEL', PREFIX .. ':o:?')
try('UNLINK', PREFIX .. ':o:?')

-- Every kind of key, read and written to.
for _, name in ipairs({'i:?', 'o:?', 'r:?', 'q:?', 'a:?', 'd:?', 'x:?', 'w:?', 'm:?', 'h:?', 'e:?', 'n:?', 'k', 'k:?',
  'f', 't', 'b', 'queues', 'models', 'forgotten'}) do
  try('EXISTS', PREFIX .. ':' .. name)
  try('PERSIST', PREFIX .. ':' .. name)
end
-- These have a time to live.
try('ZREM', PREFIX .. ':dispatchers', '')
try('ZCARD', PREFIX .. ':dispatchers')
try('HDEL', PREFIX .. ':reports', '')
try('HGET', PREFIX .. ':reports', '')
try('ZREM', PREFIX .. ':programs', '')
try('ZCARD', PREFIX .. ':programs')

-- Nobody makes anything of an empty message.
for _, name in ipairs({'w#?', 'cancel#', 'changes#'}) do
  try('PUBLISH', PREFIX .. ':' .. name, '')
end
return {version, refused}
