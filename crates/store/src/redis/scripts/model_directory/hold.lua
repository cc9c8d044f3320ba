-- Says why a model cannot take jobs now. ARGV[5] the model, ARGV[6] for how many ms, ARGV[7] the
-- reason, empty if the model can.

if ARGV[7] == '' then
  redis.call('DEL', hold_key(ARGV[5]))
elseif not is_forgotten(ARGV[5]) then
  redis.call('SADD', MODELS, ARGV[5])
  redis.call('SET', hold_key(ARGV[5]), struct.pack('>I6', now + ARGV[6]) .. ARGV[7], 'PX', ARGV[6])
end
