-- Housekeeping, in small steps. Answers how many leases had run out, how many waiting jobs came
-- due, and how many failed jobs left the list of those that can be put back in line.

-- How many failed jobs leave a list in one call.
local MOST_TRIMMED = 100

-- Takes failed jobs off a model's list whose retention is over. Answers how many.
local function trim(model)
  local key = failed_key(model)
  local old = redis.call('ZRANGEBYSCORE', key, '-inf', now - RETENTION, 'LIMIT', 0, MOST_TRIMMED)
  if #old > 0 then redis.call('ZREM', key, unpack(old)) end
  return #old
end

local expired, due, trimmed = 0, 0, 0
for _, model in ipairs(redis.call('SMEMBERS', QUEUES)) do
  expired = expired + reclaim(model)
  due = due + promote(model)
  trimmed = trimmed + trim(model)
  -- Whoever was woken for these jobs before may have died on its way.
  wake(model, backlog(model))
end
conclude()
return {expired, due, trimmed}
