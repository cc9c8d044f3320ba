-- Gives a sign of life. ARGV[5] the newest layout that the program reads.
-- Answers what the store has been called since it was first used, what the server process is
-- called, and how many signs of life there were.

-- A server that was emptied has lost its mark, too, and must not be taken for another version's.
redis.call('SET', PREFIX .. ':v', ARGV[5], 'NX')

local server = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or ''
-- No two stores are made by one process in the same microsecond.
redis.call('HSETNX', BEAT, 'store', string.format('%s-%.0f', server, wall_us))
return {redis.call('HGET', BEAT, 'store'), server, redis.call('HINCRBY', BEAT, 'count', 1)}
