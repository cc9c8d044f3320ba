-- Lists the models that ever had jobs or that somebody said something about.
return redis.call('SUNION', QUEUES, MODELS)
