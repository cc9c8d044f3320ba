-- Hands out callbacks that are due. ARGV[5] the most; ARGV[6] after how many ms they are due again.
-- Answers per callback: the image, the target, the id, how often it failed.

local answers = {}
local due = redis.call('ZRANGEBYSCORE', CALLBACKS, '-inf', now, 'LIMIT', 0, ARGV[5])
for _, member in ipairs(due) do
  local md5, target = member:sub(1, 16), member:sub(17)
  local packed = redis.call('HGET', callbacks_key(md5), target)
  if packed then
    local id, failures = struct.unpack(CALLBACK, packed)
    schedule(md5, target, now + ARGV[6])
    answers[#answers + 1] = {md5, target, id, failures}
  else
    -- Somebody removed it by hand.
    redis.call('ZREM', CALLBACKS, member)
  end
end
return answers
