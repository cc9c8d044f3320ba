-- Does nothing. Without any flag the server refuses it wherever it would refuse new jobs.
return redis.status_reply('PONG')
