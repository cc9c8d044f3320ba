"""A server for photos, written the obvious way: FastAPI takes them in, RQ does the jobs.

It promises less than ours: nothing is synced, a photo that is posted twice is done twice, and what
is kept of a job goes after 500 seconds."""

import hashlib
import os
from pathlib import Path

from fastapi import FastAPI, HTTPException, UploadFile
from redis import Redis
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import Job

from jobs import predict as run_model

FOLDER = Path(os.environ["PHOTO_FOLDER"])
STATES = {"started": "RUNNING", "finished": "SUCCEEDED", "failed": "FAILED"}

redis = Redis.from_url(os.environ["REDIS_URL"])
queue = Queue("photos", connection=redis)
app = FastAPI()


@app.post("/predict", status_code=202)
async def predict(images: list[UploadFile], models: str):
    hashes = []
    for image in images:
        photo = await image.read()
        name = hashlib.md5(photo).hexdigest()
        path = FOLDER / f"{name}.jpg"
        path.write_bytes(photo)
        queue.enqueue(run_model, str(path), job_id=name)
        hashes.append(name)
    return {"images": hashes}


@app.get("/predict/{image}")
async def status(image: str):
    try:
        job = Job.fetch(image, connection=redis)
    except NoSuchJobError:
        raise HTTPException(404, "no such image")
    state = STATES.get(job.get_status(refresh=False), "QUEUED")
    return {"status": state, "results": job.return_value() if state == "SUCCEEDED" else {}}
