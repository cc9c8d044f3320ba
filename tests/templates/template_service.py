"""A model service as MLMicroserviceTemplate made them, in every release that models still run on.

Models are frozen at the release of the template that they started from. This program answers like
each of them, status for status and key for key, faults included:

    oct2020-early   waits for a POST /status before it loads; failures are 200 with a `status_code`
    oct2020-late    loads by itself; failures are still 200 with a `status_code`
    jan2021         real status codes; photos still come by name
    mar2021         photos come in the request

and announces itself to a server in any of the shapes that releases used. Like the template it
works on one photo at a time and hears nothing else meanwhile. What no template has are the hooks
for tests: --ready-after, --never-ready, --delay and --status-word.

Once it listens, it prints `port=NNNN`.
"""

import argparse
import http.client
import io
import json
import math
import socket
import sys
import threading
import time
import urllib.request
from pathlib import Path

import uvicorn
from fastapi import FastAPI, File, UploadFile
from fastapi.responses import JSONResponse
from PIL import Image

RELEASES = ["oct2020-early", "oct2020-late", "jan2021", "mar2021"]

# Where a release announces itself, and under which keys it sends its name and its address.
REGISTER_SHAPES = {
    "register": ("/register", "modelName", "modelPort"),
    "register-slash": ("/register/", "modelName", "modelPort"),
    "model-name-port": ("/model/register", "modelName", "modelPort"),
    "name-port": ("/model/register", "name", "port"),
    "name-socket": ("/model/register", "name", "socket"),
}

# What models answered before answers had classes, and since.
PLAIN_RESULT = {"someResultCategory": "actualResultValue"}
CLASSIFIED_RESULT = {"classes": ["isGreen", "isRed"], "result": {"isGreen": 0, "isRed": 1}}


class Model:
    """A model that takes a while to load and a while to predict."""

    def __init__(self, ready_after, delay, result):
        self._ready_after = ready_after
        self._delay = delay
        self._result = result
        self._ready_at = math.inf

    def load(self):
        """Begins to load. To ask again changes nothing."""
        self._ready_at = min(self._ready_at, time.monotonic() + self._ready_after)

    def is_ready(self):
        return time.monotonic() >= self._ready_at

    def predict(self, photo):
        """Raises when the photo cannot be opened, which FastAPI makes a bare 500."""
        time.sleep(self._delay)
        Image.open(photo)
        return self._result


def october(model, images, is_early):
    """Both releases of October 2020: whatever happens, the status is 200."""
    app = FastAPI()

    def failure(status_code, detail):
        # The template returned an HTTPException where it meant to raise it.
        return {"status_code": status_code, "detail": detail, "headers": None}

    if is_early:

        @app.post("/status")
        async def start():
            model.load()
            return {"result": "starting"}

    else:
        model.load()

    @app.get("/status")
    async def status():
        return {"result": str(model.is_ready())}

    @app.post("/predict")
    async def predict(filename: str = ""):
        if not model.is_ready():
            return failure(
                503,
                "Model has not been configured. Please run initial startup before attempting to "
                "receive predictions.",
            )
        unable = failure(
            400, "Unable to open image file. Provided filename can not be found on server."
        )
        try:
            photo = open(images / filename, "rb")
        except OSError:
            return unable
        with photo:
            try:
                return {"result": model.predict(photo)}
            except OSError:  # what Pillow raises for a photo it cannot read
                if is_early:
                    return unable
                raise

    return app


def with_status_codes(model, images, takes_uploads, status_word):
    """The releases of January and of March 2021."""
    app = FastAPI()
    model.load()

    def failure(status_code, detail):
        return JSONResponse({"status": "failure", "detail": detail}, status_code)

    def not_ready():
        return failure(503, "Model is not ready to receive predictions.")

    @app.get("/status")
    async def status():
        if not model.is_ready():
            return not_ready()
        return {"status": status_word, "detail": "Model ready to receive prediction requests."}

    if takes_uploads:

        @app.post("/predict")
        async def predict(image_file: UploadFile = File(...)):
            if not model.is_ready():
                return not_ready()
            result = model.predict(io.BytesIO(await image_file.read()))
            return {"status": status_word, "result": result}

    else:

        @app.post("/predict")
        async def predict(filename: str = ""):
            if not model.is_ready():
                return not_ready()
            try:
                photo = open(images / filename, "rb")
            except OSError:
                return failure(
                    400,
                    f"Invalid file name provided: [{filename}]. Unable to find image on server.",
                )
            with photo:
                return {"status": status_word, "result": model.predict(photo)}

    return app


def make_app(args):
    """The app of a release and its model."""
    is_october = args.release.startswith("oct2020")
    ready_after = math.inf if args.never_ready else args.ready_after
    result = PLAIN_RESULT if is_october else CLASSIFIED_RESULT
    model = Model(ready_after, args.delay, result)
    if is_october:
        app = october(model, args.images, args.release == "oct2020-early")
    else:
        app = with_status_codes(
            model, args.images, args.release == "mar2021", args.status_word
        )

    @app.get("/")
    async def root():
        return ["MLMicroserviceTemplate is Running!"]

    return app, model


def announce_forever(args, model, port):
    """Tells the server where this service is, again and again, whatever the server answers."""
    path, name_key, address_key = REGISTER_SHAPES[args.register_shape]
    if address_key == "socket":
        address = f"http://{args.host}:{port}"
    else:
        address = port if args.port_as == "number" else str(port)
    request = urllib.request.Request(
        args.server.rstrip("/") + path,
        json.dumps({name_key: args.name, address_key: address}).encode(),
        {"Content-Type": "application/json"},
    )
    if args.api_key is not None:
        request.add_header("api_key", args.api_key)
    # The releases of 2021 announce themselves only once their model has loaded.
    waits = not args.release.startswith("oct2020")
    while True:
        if not waits or model.is_ready():
            try:
                urllib.request.urlopen(request, timeout=10).close()
            except (OSError, http.client.HTTPException) as error:
                print(f"cannot announce: {error}", file=sys.stderr)
            time.sleep(args.announce_every)
        else:
            time.sleep(0.05)


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--release", choices=RELEASES, default="mar2021")
    parser.add_argument("--name", default="model_name", help="what it announces itself as")
    parser.add_argument("--host", default="127.0.0.1", help="where it listens and is reached")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--images", type=Path, default=Path("images"), help="the folder shared with the server"
    )
    parser.add_argument("--server", help="where to announce itself; without it, it does not")
    parser.add_argument(
        "--register-shape", choices=REGISTER_SHAPES, default="name-socket", help="in which form"
    )
    parser.add_argument(
        "--port-as", choices=["string", "number"], default="string", help="the port's JSON type"
    )
    parser.add_argument("--api-key", help="the header `api_key` of its announcements")
    parser.add_argument("--announce-every", type=float, default=10, metavar="SECONDS")
    parser.add_argument(
        "--ready-after", type=float, default=0, metavar="SECONDS", help="how long it loads"
    )
    parser.add_argument("--never-ready", action="store_true", help="never be done with loading")
    parser.add_argument(
        "--delay", type=float, default=0, metavar="SECONDS", help="how long a prediction takes"
    )
    parser.add_argument(
        "--status-word",
        default="success",
        help="the `status` of good answers in 2021; one release says `success1`",
    )
    return parser.parse_args()


def main():
    args = parse_args()
    app, model = make_app(args)
    listener = socket.create_server((args.host, args.port))
    port = listener.getsockname()[1]
    print(f"port={port}", flush=True)
    if args.server is not None:
        threading.Thread(
            target=announce_forever, args=(args, model, port), daemon=True
        ).start()
    config = uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
