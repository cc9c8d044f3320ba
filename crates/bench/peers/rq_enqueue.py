"""Puts jobs in a queue of RQ: rq_enqueue.py QUEUE COUNT PHOTOS, where PHOTOS names a file each line."""

import os
import sys
from itertools import cycle, islice

from redis import Redis
from rq import Queue

from jobs import predict

name, count, photos = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with open(photos) as lines:
    paths = lines.read().split()
queue = Queue(name, connection=Redis.from_url(os.environ["REDIS_URL"]))
queue.enqueue_many([Queue.prepare_data(predict, (path,)) for path in islice(cycle(paths), count)])
