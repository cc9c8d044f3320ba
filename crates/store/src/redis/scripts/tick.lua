-- Housekeeping, in small steps. Answers how many leases had run out, how many waiting jobs came
-- due, and how many failed jobs left the list of those that can be put back in line.

local expired, due, trimmed = 0, 0, 0
for _, model in ipairs(redis.call('SMEMBERS', QUEUES)) do
  expired = expired + reclaim(model)
  due = due + promote(model)
  trimmed = trimmed + #take_until(failed_key(model), now - RETENTION)
  -- Whoever was woken for these jobs before may have died on its way.
  wake(model, backlog(model))
end
conclude()
return {expired, due, trimmed}
