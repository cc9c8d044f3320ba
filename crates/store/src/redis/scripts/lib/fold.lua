-- Folding finished images whose outcomes are short: a hash and a string per job, each with its time
-- to live, cost five times what is in them.

-- The most bytes a folded image has. Beyond that the cost of keys does not count, and reading one
-- job would mean reading much that is not asked for.
local MOST_FOLDED = 4096

local FINAL = {S = true, F = true, C = true}
local RECORD_SIZE = struct.size(RECORD)

-- All jobs of an image that has no unfinished one, each {model, packed record}, with this record in
-- place of the one that is written of `model`; nil if there is an unfinished one, or a record that no
-- script of ours wrote: packing it would fail half-way.
local function finished_jobs(md5, model, packed)
  local fields, jobs = redis.call('HGETALL', image_key(md5)), {}
  for n = 1, #fields, 2 do
    local record = fields[n] == model and packed or fields[n + 1]
    if #record ~= RECORD_SIZE or not FINAL[record:sub(1, 1)] then return nil end
    jobs[#jobs + 1] = {fields[n], record}
  end
  return jobs
end

-- Whether all jobs of an image have ended that a callback with this target means; `closing` is a model
-- whose job is about to be written as ended.
local function has_ended(md5, target, closing)
  local models = target:match('^(%S+) ')
  if not models then return finished_jobs(md5) ~= nil end
  for model in models:gmatch('[^,]+') do
    if model ~= closing then
      local job = try_read(md5, model)
      if job == false or (job and not FINAL[job.state]) then return false end
    end
  end
  return true
end

-- Folds an image of which these are all jobs, with this outcome of `model` if it is not nil. False if it is too
-- large, and nothing is changed then.
local function fold(md5, jobs, model, outcome)
  local size = outcome and #outcome or 0
  for _, job in ipairs(jobs) do
    if not outcome or job[1] ~= model then
      size = size + redis.call('STRLEN', outcome_key(md5, job[1]))
    end
  end
  if size > MOST_FOLDED then return false end
  local folded, keys = {}, {image_key(md5)}
  for n, job in ipairs(jobs) do
    local key = outcome_key(md5, job[1])
    local ended = outcome and job[1] == model and outcome or redis.call('GET', key) or ''
    folded[n] = struct.pack(FOLDED, #job[1], job[1], job[2], #ended, ended)
    keys[n + 1] = key
  end
  redis.call('UNLINK', unpack(keys))
  redis.call('SET', folded_key(md5), table.concat(folded), 'PX', RETENTION)
  return true
end

-- Begins the time after which the server drops an image of which these are all jobs.
local function expire(md5, jobs)
  redis.call('PEXPIRE', image_key(md5), RETENTION)
  for _, job in ipairs(jobs) do
    redis.call('PEXPIRE', outcome_key(md5, job[1]), RETENTION)
  end
end

-- Makes an image one that can be written to, for good until it is finished again.
local function unfold(md5)
  local jobs = folded_jobs(md5)
  for _, job in ipairs(jobs) do
    local model, packed, outcome = job[1], job[2], job[3]
    redis.call('HSET', image_key(md5), model, packed)
    if outcome ~= '' then redis.call('SET', outcome_key(md5, model), outcome) end
  end
  if #jobs > 0 then
    redis.call('UNLINK', folded_key(md5))
  elseif redis.call('PERSIST', image_key(md5)) == 1 then
    for _, model in ipairs(redis.call('HKEYS', image_key(md5))) do
      redis.call('PERSIST', outcome_key(md5, model))
    end
  end
end
