-- Handing out jobs. `weights` are those of the priorities.

local CLAIMED = '>c16I4I8HHB'
-- The most jobs handed out per model: no script may hold up the server.
local MOST = 10000
-- How many entries left behind by cancelled jobs are passed over in one go.
local MOST_SKIPPED = 64
-- How many entries of a queue are read at a time.
local MOST_READ = 64
-- How far each priority is behind its share.
local SHARES = '>i4i4i4'

-- One priority's queue, of which nothing was read yet.
local function open_queue(model, priority)
  local key = line_key(model, priority)
  return {key = key, model = model, length = redis.call('LLEN', key), entries = {}, at = 0, passed = 0}
end

-- Reads on to the queue's next job, past at most so many entries left behind by cancelled jobs.
-- Answers whether there is one, and how many entries were skipped.
local function find_next(queue, wanted, most_skipped)
  local skipped = 0
  while not queue.next and queue.passed < queue.length and skipped < most_skipped do
    if queue.at == #queue.entries then
      local last = queue.passed + math.min(wanted, MOST_READ) - 1
      queue.entries, queue.at = redis.call('LRANGE', queue.key, queue.passed, last), 0
    end
    queue.at, queue.passed = queue.at + 1, queue.passed + 1
    local is_one, md5, job = is_in_line(queue.entries[queue.at], queue.model)
    if is_one then queue.next = {md5, job} else skipped = skipped + 1 end
  end
  return queue.next ~= nil, skipped
end

-- Takes up to `wanted` jobs off the model's queues, by smooth weighted round robin: with each job
-- every priority that has one gains its weight, and the one that is furthest behind gives the job
-- and loses what all gained together. Answers the images and jobs, how many entries are left, and
-- the new shares, packed, if more than one queue had entries.
local function take(model, wanted)
  local queues, left, with_entries = {}, 0, 0
  for n = 1, 3 do
    queues[n] = open_queue(model, n - 1)
    left = left + queues[n].length
    if queues[n].length > 0 then with_entries = with_entries + 1 end
  end
  local shares = {0, 0, 0}
  if with_entries > 1 then
    local kept = redis.call('HGET', model_key(model), 'shares')
    if kept and #kept == struct.size(SHARES) then shares = {struct.unpack(SHARES, kept)} end
  end
  local taken, may_skip = {}, MOST_SKIPPED + 1
  while #taken < wanted do
    local first, gained = nil, 0
    for n = 1, 3 do
      local has_next, skipped = find_next(queues[n], wanted - #taken, may_skip)
      may_skip = may_skip - skipped
      if has_next then
        shares[n] = shares[n] + weights[n]
        gained = gained + weights[n]
        if not first or shares[n] > shares[first] then first = n end
      end
    end
    if not first then break end
    shares[first] = shares[first] - gained
    taken[#taken + 1], queues[first].next = queues[first].next, nil
  end
  for _, queue in ipairs(queues) do
    local passed = queue.passed - (queue.next and 1 or 0)
    if passed > 0 then redis.call('LPOP', queue.key, passed) end
    left = left - passed
  end
  local packed = with_entries > 1 and struct.pack(SHARES, shares[1], shares[2], shares[3]) or nil
  return taken, left, packed
end

local last_fence = nil

-- Above every fence before, on this server and, since it follows the clock, on one that was
-- promoted without having heard of the latest. It also tells people when the claim was made, so that
-- it follows the server's clock and not the store's time.
local function next_fence()
  last_fence = last_fence or tonumber(redis.call('GET', FENCE) or 0)
  last_fence = math.max(last_fence + 1, wall_us)
  return last_fence
end

local function earliest(key)
  return tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2])
end

-- What was handed out, and when something comes due in one of the models asked for.
local claimed, next_due = {}, math.huge

-- Hands out jobs of the model, which the answer names by its index, to a dispatcher.
local function claim(dispatcher, lease, model, index, slots, limit)
  reclaim(model)
  promote(model)
  if slots > 0 then
    local free = limit - redis.call('ZCARD', leases_key(model))
    local taken, queued, shares = take(model, math.min(slots, free, MOST))
    if shares then
      redis.call('HSET', model_key(model), 'limit', limit, 'shares', shares)
    else
      redis.call('HSET', model_key(model), 'limit', limit)
    end
    for _, entry in ipairs(taken) do
      local md5, job = entry[1], entry[2]
      job.fence = next_fence()
      job.claims = math.min(job.claims + 1, 65535)
      change(job, 'R')
      write(md5, model, job)
      redis.call('ZADD', leases_key(model), now + lease, md5)
      claimed[#claimed + 1] = struct.pack(CLAIMED, md5, index, job.fence, job.claims,
        job.failures, job.priority)
      count(model, 'claimed')
    end
    redis.call(#taken < slots and 'SADD' or 'SREM', idle_key(model), dispatcher)
    local left = math.min(queued, free - #taken)
    -- What this dispatcher had no slots for is for others.
    wake(model, left)
    -- Having slots and room it stopped at the bounds of one call.
    if left > 0 and #taken < slots then next_due = now end
  end
  next_due = math.min(next_due, earliest(leases_key(model)) or math.huge,
    earliest(waiting_key(model)) or math.huge)
end
