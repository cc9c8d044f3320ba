-- A hold is the time it ends in ms and the reason. Redis drops it by its own clock; the store's time
-- decides.

-- Why a model cannot take jobs now, or an empty text if it can. While one of its jobs runs it can,
-- whatever a dispatcher says that cannot reach it.
local function read_hold(model)
  if redis.call('EXISTS', leases_key(model)) == 1 then return '' end
  local packed = redis.call('GET', hold_key(model))
  if not packed then return '' end
  local ends, reason = struct.unpack('>I6', packed), packed:sub(7)
  return ends > now and reason or ''
end
