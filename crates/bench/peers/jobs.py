"""The job that every Python peer does: post a photo to the model service and give back its answer."""

import os

import requests

SERVICE = os.environ["SERVICE_URL"]

# Kept between jobs, as far as the worker's process is.
session = requests.Session()


def predict(path):
    with open(path, "rb") as photo:
        answer = session.post(f"{SERVICE}/predict", files={"image_file": photo})
    answer.raise_for_status()
    return answer.json()["result"]
