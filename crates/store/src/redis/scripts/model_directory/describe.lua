-- Keeps what a model can say. ARGV[5] the model, ARGV[6] its classes.

if not is_forgotten(ARGV[5]) then
  redis.call('SADD', MODELS, ARGV[5])
  redis.call('HSET', model_key(ARGV[5]), 'classes', ARGV[6])
end
