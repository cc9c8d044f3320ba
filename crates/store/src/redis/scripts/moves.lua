-- Moves of a job that several scripts make, and the wake-ups that go with them.

-- How many jobs one step of housekeeping handles per model: no script may hold up the server.
local STEP = 100

-- Puts a job in line: 'RPUSH' at the end, 'LPUSH' at the front. An entry is the image and the time
-- at which the job was put in line, which grows with every time; so an entry left behind by a
-- cancelled job is told from the entry of the same job asked for again.
local function enqueue(md5, model, job, push)
  job.state = 'Q'
  job.changed = math.max(now, job.changed + 1)
  write(md5, model, job)
  redis.call(push, line_key(model, job.priority),
    md5 .. struct.pack('>I4', job.changed % 4294967296))
end

-- Whether an entry of a line is that of a job which is in line; and its image and the job.
local function is_in_line(entry, model)
  local md5, since = struct.unpack('>c16I4', entry)
  local job = try_read(md5, model)
  return job and job.state == 'Q' and job.changed % 4294967296 == since, md5, job
end

local function backlog(model)
  return redis.call('LLEN', line_key(model, 0)) + redis.call('LLEN', line_key(model, 1))
    + redis.call('LLEN', line_key(model, 2))
end

-- Wakes dispatchers that found too little to do: one per job, but no more than may run at once.
-- One whose channel nobody listens to is gone, and the next one is taken.
local function wake(model, jobs)
  -- The limit of the last claim. Where nobody ever claimed, nobody waits.
  local limit = tonumber(redis.call('HGET', model_key(model), 'limit') or 0)
  local left = math.min(jobs, limit - redis.call('ZCARD', leases_key(model)))
  while left > 0 do
    local dispatcher = redis.call('SPOP', idle_key(model))
    if not dispatcher then return end
    if redis.call('PUBLISH', PREFIX .. ':w#' .. dispatcher, model) > 0 then left = left - 1 end
  end
end

local function keep_outcome(md5, model, outcome)
  redis.call('SET', outcome_key(md5, model), outcome)
end

local has_callbacks = nil

-- Callbacks that wait for the image are due.
local function call_back(md5)
  -- Seldom is there any: asked once, and not for each image.
  if has_callbacks == nil then has_callbacks = redis.call('EXISTS', CALLBACKS) == 1 end
  if not has_callbacks then return end
  for _, url in ipairs(redis.call('HKEYS', callbacks_key(md5))) do
    if redis.call('ZSCORE', CALLBACKS, md5 .. url) == 'inf' then
      redis.call('ZADD', CALLBACKS, now, md5 .. url)
    end
  end
end

-- Ends a job, with its outcome unless that is nil: then whatever its last attempt left is kept.
local function close(md5, model, job, state, outcome)
  change(job, state)
  local jobs = finished_jobs(md5, model, pack(job))
  if jobs then call_back(md5) end
  if jobs and fold(md5, jobs, model, outcome) then return note_change(md5) end
  write(md5, model, job)
  if outcome then keep_outcome(md5, model, outcome) end
  if jobs then expire(md5, jobs) end
end

local function cancel(md5, model, job)
  close(md5, model, job, 'C')
  count(model, 'cancelled')
end

-- Puts a failed job on the list of those that can be put back in line.
local function list_failed(md5, model, job)
  redis.call('ZADD', failed_key(model), job.changed, md5)
  redis.call('PEXPIRE', failed_key(model), RETENTION)
end

local function fail(md5, model, job, outcome)
  close(md5, model, job, 'F', outcome)
  list_failed(md5, model, job)
  count(model, 'failed')
end

-- Puts a new job, or a finished one with a clean slate, at the end of the line.
local function start(md5, model, job, priority)
  unfold(md5)
  if job.state then redis.call('UNLINK', outcome_key(md5, model)) end
  if job.state == 'F' then redis.call('ZREM', failed_key(model), md5) end
  job.priority, job.claims, job.failures, job.crashes, job.fence = priority, 0, 0, 0, 0
  job.submitted = now
  enqueue(md5, model, job, 'RPUSH')
end

-- Takes the first few members out of a sorted set of times, as far as they are not after `time`.
local function take_until(key, time)
  local due = redis.call('ZRANGEBYSCORE', key, '-inf', time, 'LIMIT', 0, STEP)
  if #due > 0 then redis.call('ZREM', key, unpack(due)) end
  return due
end

-- Takes jobs whose lease ran out from their dispatchers. Their waiting was long enough: they go
-- to the front. Answers how many.
local function reclaim(model)
  local expired = take_until(leases_key(model), now)
  for _, md5 in ipairs(expired) do
    count(model, 'expired')
    local job = try_read(md5, model)
    if not job then
      -- Somebody removed or overwrote the record by hand, and with it the job.
    elseif job.state == 'K' then
      cancel(md5, model, job)
    elseif job.crashes + 1 >= tonumber(ARGV[3]) then
      fail(md5, model, job, ARGV[4])
    else
      job.crashes = job.crashes + 1
      enqueue(md5, model, job, 'LPUSH')
    end
  end
  return #expired
end

-- Puts waiting jobs whose time has come in line. Answers how many.
local function promote(model)
  local due = take_until(waiting_key(model), now)
  for _, md5 in ipairs(due) do
    local job = try_read(md5, model)
    if job then enqueue(md5, model, job, 'RPUSH') end
  end
  return #due
end
