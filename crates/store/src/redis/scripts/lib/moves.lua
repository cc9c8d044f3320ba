-- Moves of a job that several scripts make, and the wake-ups that go with them.

-- How many expired leases and how many waiting jobs one call handles per model: no script may hold
-- up the server.
local MOST_PAST = 1000

-- Brings a job into the state of one that is queued, but for its record, which is yet to be written.
-- Answers its entry, which is yet to be pushed to a queue: the image and the time at which the job was queued, which grows with every time; so an
-- entry left behind by a cancelled job is told from the entry of the same job asked for again.
local function queue_entry(md5, job)
  job.state = 'Q'
  job.changed = math.max(wall, job.changed + 1)
  return md5 .. struct.pack('>I4', job.changed % 4294967296)
end

-- The same for one whose record is written at once and whose entry is pushed later.
local function set_queued(md5, model, job)
  local entry = queue_entry(md5, job)
  write(md5, model, job)
  return entry
end

-- Queues a job behind all others of its priority.
local function enqueue(md5, model, job)
  -- The entry first: should the script fail here, as that of a user that has just lost a right, it is
  -- one that nobody has left, and no job is queued.
  redis.call('RPUSH', line_key(model, job.priority), queue_entry(md5, job))
  write(md5, model, job)
end

-- Pushes entries to the front of their queues; their order among themselves stays. Each is
-- {entry, priority}.
local function push_first(model, entries)
  for n = #entries, 1, -1 do
    redis.call('LPUSH', line_key(model, entries[n][2]), entries[n][1])
  end
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
    local heard = tell(':w#' .. dispatcher, model)
    if heard > 0 then left = left - 1 end
  end
end

local function keep_outcome(md5, model, outcome)
  redis.call('SET', outcome_key(md5, model), outcome)
end

local has_callbacks = nil

-- Callbacks that wait for jobs of the image are due if those have ended; `is_finished` says that all
-- have, `closing` is a model whose job is about to be written as ended.
local function call_back(md5, is_finished, closing)
  -- Seldom is there any: asked once, and not for each image.
  if has_callbacks == nil then has_callbacks = redis.call('EXISTS', CALLBACKS) == 1 end
  if not has_callbacks then return end
  for _, target in ipairs(redis.call('HKEYS', callbacks_key(md5))) do
    if redis.call('ZSCORE', CALLBACKS, md5 .. target) == 'inf'
      and (is_finished or has_ended(md5, target, closing)) then
      redis.call('ZADD', CALLBACKS, now, md5 .. target)
    end
  end
end

-- Ends a job, with its outcome unless that is nil: then whatever its last attempt left is kept.
local function close(md5, model, job, state, outcome)
  change(job, state)
  local jobs = finished_jobs(md5, model, pack(job))
  call_back(md5, jobs ~= nil, model)
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
  redis.call('ZADD', failed_key(model), job.changed + ahead, md5)
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
  job.submitted = wall
  enqueue(md5, model, job)
end

-- Takes jobs out of a sorted set of times, at most MOST_PAST of those whose time has come. Answers them
-- by their times, and within one moment in the order in which they were claimed: each {image, job}.
-- Of more than that the latest are taken first: all of them go to the front of their queues, so
-- that the earliest stand first in the end.
local function take_past(key, model)
  local past = redis.call('ZRANGEBYSCORE', key, '-inf', now, 'WITHSCORES', 'LIMIT', 0, MOST_PAST)
  if #past == 0 then return past end
  if #past == 2 * MOST_PAST then
    local count = redis.call('ZCOUNT', key, '-inf', now)
    past = redis.call('ZRANGE', key, count - MOST_PAST, count - 1, 'WITHSCORES')
  end
  local images, jobs = {}, {}
  for n = 1, #past, 2 do
    local md5 = past[n]
    local job = try_read(md5, model)
    images[#images + 1] = md5
    jobs[#jobs + 1] = {md5, job, tonumber(past[n + 1]), job and job.fence or 0}
  end
  redis.call('ZREM', key, unpack(images))
  table.sort(jobs, function(one, other)
    if one[3] ~= other[3] then return one[3] < other[3] end
    return one[4] < other[4]
  end)
  return jobs
end

-- Takes jobs whose lease ran out from their dispatchers. Their waiting was long enough: they go
-- to the front. Answers how many.
local function reclaim(model)
  local expired, entries = take_past(leases_key(model), model), {}
  for _, it in ipairs(expired) do
    local md5, job = it[1], it[2]
    count(model, 'expired')
    if not job then
      -- Somebody removed or overwrote the record by hand, and with it the job.
    elseif job.state == 'K' then
      cancel(md5, model, job)
    elseif job.crashes + 1 >= tonumber(ARGV[3]) then
      fail(md5, model, job, ARGV[4])
    else
      job.crashes = job.crashes + 1
      entries[#entries + 1] = {set_queued(md5, model, job), job.priority}
    end
  end
  push_first(model, entries)
  return #expired
end

-- Queues waiting jobs whose time has come, before all others of their priority: they were queued
-- before, and waited since. Answers how many.
local function promote(model)
  local due, entries = take_past(waiting_key(model), model), {}
  for _, it in ipairs(due) do
    local md5, job = it[1], it[2]
    if job then entries[#entries + 1] = {set_queued(md5, model, job), job.priority} end
  end
  push_first(model, entries)
  return #due
end
