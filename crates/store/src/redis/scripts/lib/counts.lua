-- How many jobs of a model there are.

-- The lengths of its three lines, the numbers of waiting, running and failed jobs, the counters named
-- by the arguments from `first` to `last`.
local function counts_of(model, first, last)
  local lines, counters = {}, {}
  for priority = 0, 2 do
    lines[#lines + 1] = redis.call('LLEN', line_key(model, priority))
  end
  for n = first, last do
    counters[#counters + 1] = tonumber(redis.call('HGET', model_key(model), ARGV[n]) or 0)
  end
  return {lines, redis.call('ZCARD', waiting_key(model)), redis.call('ZCARD', leases_key(model)),
    redis.call('ZCARD', failed_key(model)), counters}
end
