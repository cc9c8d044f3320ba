-- What every script begins with: the times, the keys, the job record, the counters.
--
-- KEYS[1] is the hash-tagged prefix of all keys, so that they share one slot.
-- ARGV[1] is what tests add to the clock, in ms; ARGV[2] how long finished jobs are kept, in ms;
-- ARGV[3] how many dispatchers may fall silent holding a job; ARGV[4] the outcome of a job that
-- they fell silent on too often. A script's own arguments begin at ARGV[5].

local PREFIX = KEYS[1]
local RETENTION = tonumber(ARGV[2])

-- What people are told is told by the server's clock, never by a client's.
local clock = redis.call('TIME')
local wall_us = clock[1] * 1000000 + clock[2] + ARGV[1] * 1000
local wall = math.floor(wall_us / 1000)

-- What decides when something is over is the store's time: the server's clock, and as far ahead of
-- it as that was set back so far, here or on a server that was the master before. It never is more
-- than a second behind a time that it was.
local CLOCK = PREFIX .. ':t'
-- The last time noted, and how far ahead it was, in ms.
local CLOCK_FORM = '>I8I8'
local noted_time, ahead = 0, 0
local noted_clock = redis.call('GET', CLOCK) or ''
if #noted_clock == struct.size(CLOCK_FORM) then
  noted_time, ahead = struct.unpack(CLOCK_FORM, noted_clock)
end
local now = wall + ahead
local was_set_back = now < noted_time
if was_set_back then
  ahead = ahead + noted_time - now
  now = noted_time
end

local function folded_key(md5) return PREFIX .. ':o:' .. md5 end
local function image_key(md5) return PREFIX .. ':i:' .. md5 end
local function outcome_key(md5, model) return PREFIX .. ':r:' .. md5 .. ':' .. model end
local function line_key(model, priority) return PREFIX .. ':q:' .. model .. ':' .. priority end
local function leases_key(model) return PREFIX .. ':a:' .. model end
local function waiting_key(model) return PREFIX .. ':d:' .. model end
local function failed_key(model) return PREFIX .. ':x:' .. model end
local function idle_key(model) return PREFIX .. ':w:' .. model end
local function model_key(model) return PREFIX .. ':m:' .. model end
local function hold_key(model) return PREFIX .. ':h:' .. model end
local function callbacks_key(md5) return PREFIX .. ':k:' .. md5 end
local function endpoints_key(model) return PREFIX .. ':e:' .. model end
local function origins_key(model) return PREFIX .. ':n:' .. model end
local FENCE = PREFIX .. ':f'
local CALLBACKS = PREFIX .. ':k'
local BEAT = PREFIX .. ':b'
local QUEUES = PREFIX .. ':queues'
local MODELS = PREFIX .. ':models'
local FORGOTTEN = PREFIX .. ':forgotten'
local DISPATCHERS = PREFIX .. ':dispatchers'
local REPORTS = PREFIX .. ':reports'

-- Whether a model was forgotten so short a while ago that some may not have heard of it.
local function is_forgotten(model)
  return tonumber(redis.call('ZSCORE', FORGOTTEN, model) or 0) > now
end

-- State, priority, claims, failures, crashes, fence, submitted ms, changed ms.
local RECORD = '>c1BHHBI8I6I6'

-- One job of a folded image: its model, its record, its outcome.
local FOLDED = '>Bc0c27I4c0'

-- The jobs of an image that is folded, each {model, packed record, outcome}; none if it is not.
local function folded_jobs(md5)
  local folded, jobs, at = redis.call('GET', folded_key(md5)) or '', {}, 1
  while at <= #folded do
    local model, packed, outcome
    model, packed, outcome, at = struct.unpack(FOLDED, folded, at)
    jobs[#jobs + 1] = {model, packed, outcome}
  end
  return jobs
end

local function folded_record(md5, model)
  for _, job in ipairs(folded_jobs(md5)) do
    if job[1] == model then return job[2] end
  end
end

-- A job's record, or nil if there is no such job. States: Q queued, W waiting, R running,
-- K running with its cancellation asked for, S succeeded, F failed, C cancelled.
local function read(md5, model)
  local packed = redis.call('HGET', image_key(md5), model) or folded_record(md5, model)
  if not packed then return nil end
  local job = {}
  job.state, job.priority, job.claims, job.failures, job.crashes, job.fence, job.submitted,
    job.changed = struct.unpack(RECORD, packed)
  return job
end

-- The same for scripts that handle many jobs at once: `false` for a record that no script of ours
-- wrote, so that it stops none of the others.
local function try_read(md5, model)
  local readable, job = pcall(read, md5, model)
  return readable and job
end

local function pack(job)
  return struct.pack(RECORD, job.state, job.priority, job.claims, job.failures, job.crashes,
    job.fence, job.submitted, job.changed)
end

-- Publishes a hint. Answers how many heard it: nobody, if that fails, since what a script has done by
-- then stays done and has to be answered.
local function tell(channel, message)
  local heard = redis.pcall('PUBLISH', PREFIX .. channel, message)
  return type(heard) == 'number' and heard or 0
end

-- The images whose jobs changed, each once.
local changed, is_changed = {}, {}

local function note_change(md5)
  if not is_changed[md5] then
    is_changed[md5] = true
    changed[#changed + 1] = md5
  end
end

local function write(md5, model, job)
  redis.call('HSET', image_key(md5), model, pack(job))
  note_change(md5)
end

-- Brings a job into a state. The time of the change never goes back, see `queue_entry`.
local function change(job, state)
  job.state = state
  job.changed = math.max(wall, job.changed)
end

local counts = {}

local function count(model, counter)
  local of = counts[model] or {}
  counts[model] = of
  of[counter] = (of[counter] or 0) + 1
end

-- Writes what was counted, and tells all who listen what changed, with the store's time. Called once,
-- at the end.
local function conclude()
  for model, of in pairs(counts) do
    for counter, by in pairs(of) do
      redis.call('HINCRBY', model_key(model), counter, by)
    end
  end
  if #changed > 0 then
    tell(':changes#', struct.pack('>I6', now) .. table.concat(changed))
  end
end
