-- Makes leases last ARGV[5] ms from now. ARGV[6] the leases, each an image, the index of its model
-- and the fence; from ARGV[7] on the models.
-- Answers one byte per lease: 'E' extended, 'K' extended and its cancellation asked for, 'L' lost.

local LEASE = '>c16I4I8'
local FIRST_MODEL = 7

local answers = {}
local leases, at = ARGV[6], 1
while at <= #leases do
  local md5, index, fence
  md5, index, fence, at = struct.unpack(LEASE, leases, at)
  local model = ARGV[FIRST_MODEL + index]
  local job = try_read(md5, model)
  if job and (job.state == 'R' or job.state == 'K') and job.fence == fence then
    redis.call('ZADD', leases_key(model), 'XX', now + ARGV[5], md5)
    answers[#answers + 1] = job.state == 'K' and 'K' or 'E'
  else
    answers[#answers + 1] = 'L'
  end
end
return table.concat(answers)
