-- Records how attempts ended, then hands out jobs.
-- ARGV[5] the dispatcher that wants jobs; ARGV[6] its lease in ms; ARGV[7] the weights of the
-- priorities; ARGV[8] what it wants, each the index of a model, slots and limit; ARGV[9] the endings,
-- each an image, the index of its model, the fence, the kind and a time to wait in ms; ARGV[10] the
-- number of models; then the models; then one outcome per ending, empty if there is none to keep.
-- Kinds: S succeeded, F failed, R retry, L release.
-- Answers one byte per ending ('R' recorded, 'S' stale, 'U' unreadable job), the jobs handed out, and in how many ms
-- something comes due, -1 for never.

local ENDING = '>c16I4I8c1I6'
local WANT = '>I4I4I4'
local FIRST_MODEL = 11

local first_outcome = FIRST_MODEL + ARGV[10]

local record = {}

function record.S(md5, model, job, outcome)
  close(md5, model, job, 'S', outcome)
  count(model, 'succeeded')
end

function record.F(md5, model, job, outcome)
  fail(md5, model, job, outcome)
end

local function wait(md5, model, job, after)
  change(job, 'W')
  write(md5, model, job)
  redis.call('ZADD', waiting_key(model), now + after, md5)
end

function record.R(md5, model, job, outcome, after)
  keep_outcome(md5, model, outcome)
  job.failures = math.min(job.failures + 1, 65535)
  if job.state == 'K' then return cancel(md5, model, job) end
  wait(md5, model, job, after)
  count(model, 'retried')
end

-- By model, the entries of jobs that were handed back and are yet to be pushed to their queues.
local released = {}

function record.L(md5, model, job, outcome, after)
  if outcome ~= '' then keep_outcome(md5, model, outcome) end
  if job.state == 'K' then return cancel(md5, model, job) end
  if after > 0 then
    wait(md5, model, job, after)
  else
    local entries = released[model] or {}
    released[model] = entries
    entries[#entries + 1] = {set_queued(md5, model, job), job.priority, job.fence}
  end
  count(model, 'released')
end

-- Records all endings. Answers one byte each, and how many slots became free per model.
local function finish()
  local acks, freed = {}, {}
  local endings, at = ARGV[9], 1
  while at <= #endings do
    local md5, index, fence, kind, after
    md5, index, fence, kind, after, at = struct.unpack(ENDING, endings, at)
    local model = ARGV[FIRST_MODEL + index]
    local job = try_read(md5, model)
    if job and (job.state == 'R' or job.state == 'K') and job.fence == fence then
      redis.call('ZREM', leases_key(model), md5)
      -- This dispatcher lived to tell: only deaths in a row speak against a job.
      job.crashes = 0
      record[kind](md5, model, job, ARGV[first_outcome + #acks], after)
      freed[model] = (freed[model] or 0) + 1
      acks[#acks + 1] = 'R'
    elseif job == false then
      acks[#acks + 1] = 'U'
    else
      if redis.call('SISMEMBER', QUEUES, model) == 1 then count(model, 'stale') end
      acks[#acks + 1] = 'S'
    end
  end
  for model, entries in pairs(released) do
    -- They stand in the order in which they were claimed, whichever was let go of first.
    table.sort(entries, function(one, other) return one[3] < other[3] end)
    push_first(model, entries)
  end
  return table.concat(acks), freed
end

local acks, freed = finish()
local wants, at = ARGV[8], 1
while at <= #wants do
  local index, slots, limit
  index, slots, limit, at = struct.unpack(WANT, wants, at)
  local model = ARGV[FIRST_MODEL + index]
  claim(ARGV[5], tonumber(ARGV[6]), model, index, slots, limit)
  freed[model] = nil
end
for model, slots in pairs(freed) do
  -- Slots that this dispatcher freed and does not fill are for others.
  wake(model, math.min(slots, backlog(model)))
end
if last_fence then redis.call('SET', FENCE, last_fence) end
conclude()
local due_in = next_due == math.huge and -1 or math.max(next_due - now, 0)
return {acks, table.concat(claimed), due_in}
