-- Asks for an image's jobs not to be done. ARGV[5] the image; from ARGV[6] on the models, all that
-- it has jobs of if there are none.
-- Answers model and state of each job there is.

local md5 = ARGV[5]
local models = {}
for n = 6, #ARGV do models[n - 5] = ARGV[n] end
if #models == 0 then
  models = redis.call('HKEYS', image_key(md5))
  for _, job in ipairs(folded_jobs(md5)) do models[#models + 1] = job[1] end
end

-- How many entries at the front of a line are taken away in one go.
local MOST_TAKEN = 64

-- Takes away entries at the front that cancelled jobs left behind: a whole line that is cancelled
-- is then gone, and nobody has to pass over it.
local function clear_front(model, priority)
  local line = line_key(model, priority)
  for _ = 1, MOST_TAKEN do
    local entry = redis.call('LINDEX', line, 0)
    if not entry or is_in_line(entry, model) then return end
    redis.call('LPOP', line)
  end
end

local answers = {}
for _, model in ipairs(models) do
  local job = read(md5, model)
  if job then
    if job.state == 'Q' then
      -- Its entry in the line stays, if that is not the front, and is passed over when it is reached.
      cancel(md5, model, job)
      clear_front(model, job.priority)
    elseif job.state == 'W' then
      redis.call('ZREM', waiting_key(model), md5)
      cancel(md5, model, job)
    elseif job.state == 'R' or job.state == 'K' then
      job.state = 'K'
      write(md5, model, job)
      tell(':cancel#', md5 .. model)
    end
    answers[#answers + 1] = {model, job.state}
  end
end
conclude()
return answers
