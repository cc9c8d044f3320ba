"""The same job as a task of Celery."""

import os

from celery import Celery

import jobs

app = Celery("bench", broker=os.environ["REDIS_URL"], backend=os.environ["REDIS_URL"])


@app.task
def predict(path):
    return jobs.predict(path)
