"""Calls the task of Celery: celery_enqueue.py COUNT PHOTOS, where PHOTOS names a file each line."""

import sys
from itertools import cycle, islice

from celery_tasks import app, predict

count, photos = int(sys.argv[1]), sys.argv[2]
with open(photos) as lines:
    paths = lines.read().split()
with app.producer_pool.acquire() as producer:
    for path in islice(cycle(paths), count):
        predict.apply_async((path,), producer=producer)
