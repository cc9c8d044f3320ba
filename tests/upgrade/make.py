#!/usr/bin/env python3
"""Has released programs write data with every kind of job in it: see README.md.

    make.py PROGRAMS sqlite FOLDER     a data folder of `standalone`
    make.py PROGRAMS redis FOLDER      a dump of Redis and the images folder of `api` and `dispatcher`

PROGRAMS is a folder with `api`, `dispatcher` and `standalone`. Needs redis-server, and nothing of Python
but its standard library.
"""

import hashlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DEADLINE = 60
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SHORT, LARGE = {"oak": 0.75, "elm": 0.25}, {"oak": 0.5, "why": "x" * 5000}


# What the programs talk to


class Models(ThreadingHTTPServer):
    """All model services, each below a path of its own, and the receiver of callbacks."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answers)
        self.moods = {}
        self.told = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path.endswith("/status"):
            return self.answer(200, {"status": "success"})
        self.answer(404, {"detail": "Not Found"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"] or 0))
        name = self.path.strip("/").split("/")[0]
        if name == "hook":
            self.server.told.append(json.loads(body)["image"])
            return self.answer(500 if "refused" in self.path else 204, None)
        mood = self.server.moods.get(name, "good")
        if mood == "hang":
            # Until the caller hangs up, which it does when it dies or takes the job back.
            self.connection.recv(1)
            self.close_connection = True
        elif mood == "refuse":
            self.answer(400, {"status": "failure", "detail": "This is no \"photo\" of a tree."})
        elif mood == "break":
            self.answer(500, {"detail": "It broke."})
        elif mood == "retry":
            self.answer(500, {"detail": "It broke."}, {"retry-after": "15"})
        elif mood == "busy":
            self.answer(503, {"detail": "Back later."}, {"retry-after": "15"})
        elif mood == "babble":
            self.answer(200, "no prediction")
        else:
            result = LARGE if mood == "large" else SHORT
            self.answer(200, {"status": "success", "result": {"classes": ["oak", "elm"], "result": result}})

    def answer(self, status, body, headers=None):
        text = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait(what, until):
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        found = until()
        if found:
            return found
        time.sleep(0.02)
    raise SystemExit(f"waited in vain for {what}")


# The system


class Site:
    """The programs on one store, and a client of theirs."""

    def __init__(self, programs, models, folder):
        self.programs, self.models, self.folder = programs, models, folder
        self.port = free_port()
        self.running = {}

    def start(self, retention="36500days"):
        (self.folder / "photo.toml").write_text(config(self.models, self.port, retention, self.store))
        for name in self.names:
            command = [self.programs / name, "--config", self.folder / "photo.toml"]
            log = (self.folder / f"{name}.log").open("a")
            self.running[name] = subprocess.Popen(command, cwd=self.folder, stderr=log, stdout=log)
        wait("the api", lambda: self.is_ready())

    def is_ready(self):
        try:
            return self.ask("/health/ready") is not None
        except (OSError, ValueError):
            return False

    def stop(self, name, how=signal.SIGTERM):
        process = self.running.pop(name)
        process.send_signal(how)
        process.wait()

    def ask(self, path, body=None, headers=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, headers or {})
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise ValueError(f"{path}: {error.code} {error.read().decode()}") from error

    def post_json(self, path, body):
        return self.ask(path, json.dumps(body).encode(), {"content-type": "application/json"})

    def predict(self, photo, *models, **fields):
        """Posts a photo; answers its hash."""
        boundary, form = "7a1d0f", b""
        for name, value in [*(("models", model) for model in models), *fields.items()]:
            form += f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        head = f'--{boundary}\r\ncontent-disposition: form-data; name="images"; filename="photo"\r\n\r\n'
        form += head.encode() + photo + f"\r\n--{boundary}--\r\n".encode()
        self.ask("/predict", form, {"content-type": f"multipart/form-data; boundary={boundary}"})
        return hashlib.md5(photo).hexdigest()

    def view(self, image):
        return self.ask(f"/predict/{image}")

    def job(self, image, model):
        return self.view(image)["jobs"][model]

    def waits_for(self, image, model, *states, failures=0):
        def reached():
            job = self.job(image, model)
            return job["state"] in states and job["failures"] >= failures

        wait(f"{image}/{model} to be {states}", reached)
        return image

    def done(self, photo, *models, **fields):
        """Posts a photo, and waits until its jobs have ended."""
        image = self.predict(photo, *models, **fields)
        wait(f"{image}", lambda: self.view(image)["status"] in ("SUCCEEDED", "FAILED", "CANCELLED"))
        return image


class Standalone(Site):
    names = ["standalone"]
    dispatcher = "standalone"
    store = "sqlite:jobs.db"

    def knows(self, image):
        with sqlite3.connect(f"file:{self.folder / 'jobs.db'}?mode=ro", uri=True) as jobs:
            return jobs.execute("SELECT 1 FROM jobs WHERE image = ?", [bytes.fromhex(image)]).fetchone()

    def ask_to_cancel_while_running(self, image):
        """The dispatcher is in the same process, and lets go of the job at once: it is killed in between,
        and tries again with the data as it was where that fails."""
        self.stop("standalone", signal.SIGKILL)
        kept = self.folder / "kept"
        shutil.copytree(self.folder, kept, ignore=shutil.ignore_patterns("*.log"))
        for _ in range(100):
            self.start()
            self.waits_for(image, "hangs", "RUNNING")
            killer = threading.Thread(target=self.kill_once_asked)
            killer.start()
            try:
                self.post_json("/predict/cancel", {"images": [image]})
            except OSError:
                pass
            killer.join()
            if self.is_asked():
                shutil.rmtree(kept)
                return
            for name in ["images", "jobs.db", "jobs.db-wal", "jobs.db-shm"]:
                old, new = kept / name, self.folder / name
                shutil.rmtree(new) if new.is_dir() else new.unlink(missing_ok=True)
                if old.is_dir():
                    shutil.copytree(old, new)
                elif old.exists():
                    shutil.copy2(old, new)
        raise SystemExit("the job was always let go of before the kill")

    def kill_once_asked(self):
        deadline = time.monotonic() + 5
        with sqlite3.connect(f"file:{self.folder / 'jobs.db'}?mode=ro", uri=True) as jobs:
            question = "SELECT count(*) FROM jobs WHERE state = 'CANCELLED' OR cancel_asked = 1"
            (before,) = jobs.execute(question).fetchone()
            while jobs.execute(question).fetchone()[0] == before and time.monotonic() < deadline:
                pass
        self.stop("standalone", signal.SIGKILL)

    def is_asked(self):
        with sqlite3.connect(self.folder / "jobs.db") as jobs:
            question = "SELECT count(*) FROM jobs WHERE state = 'RUNNING' AND cancel_asked = 1"
            return jobs.execute(question).fetchone()[0] == 1

    def dump(self, target):
        with sqlite3.connect(self.folder / "jobs.db") as jobs:
            (version,) = jobs.execute("PRAGMA user_version").fetchone()
            lines = [*jobs.iterdump(), f"PRAGMA user_version = {version};"]
        (target / "jobs.sql").write_text("\n".join(lines) + "\n")


class Apart(Site):
    names = ["api", "dispatcher"]
    dispatcher = "dispatcher"

    def __init__(self, *args):
        super().__init__(*args)
        port = free_port()
        self.store = f"redis://127.0.0.1:{port}"
        command = ["redis-server", "--port", str(port), "--save", "", "--dir", self.folder, "--bind", "127.0.0.1"]
        self.redis = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self.socket = wait("Redis", lambda: connect(port))

    def knows(self, image):
        md5 = bytes.fromhex(image)
        return self.command("EXISTS", b"{photo}:o:" + md5, b"{photo}:i:" + md5)

    def ask_to_cancel_while_running(self, image):
        self.stop("dispatcher", signal.SIGKILL)
        self.post_json("/predict/cancel", {"images": [image]})

    def command(self, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        text = b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
        self.socket.write(b"*%d\r\n%s" % (len(words), text))
        self.socket.flush()
        return self.reply()

    def reply(self):
        line = self.socket.readline().rstrip()
        kind, rest = line[:1], line[1:]
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        if kind == b"$":
            return None if rest == b"-1" else self.socket.read(int(rest) + 2)[:-2]
        if kind == b"-":
            raise SystemExit(rest.decode())
        return int(rest) if kind == b":" else rest

    def dump(self, target):
        """As commands that redis-cli takes: keys in order, what they hold in order."""
        if "api" in self.running:
            self.stop("api", signal.SIGKILL)
        lines = []
        for key in sorted(self.command("KEYS", "*")):
            kind = self.command("TYPE", key)
            if kind == b"string":
                words = ["SET", key, self.command("GET", key)]
            elif kind == b"hash":
                words = ["HSET", key, *in_order(self.command("HGETALL", key))]
            elif kind == b"list":
                words = ["RPUSH", key, *self.command("LRANGE", key, 0, -1)]
            elif kind == b"set":
                words = ["SADD", key, *sorted(self.command("SMEMBERS", key))]
            else:
                pairs = self.command("ZRANGE", key, 0, -1, "WITHSCORES")
                words = ["ZADD", key, *(word for pair in zip(pairs[1::2], pairs[::2]) for word in pair)]
            lines.append(" ".join(map(quoted, words)))
            left = self.command("PTTL", key)
            if left > 0:
                lines.append(" ".join(map(quoted, ["PEXPIRE", key, str(left)])))
        (target / "redis.txt").write_text("\n".join(lines) + "\n")


def connect(port):
    try:
        return socket.create_connection(("127.0.0.1", port)).makefile("rwb")
    except OSError:
        return None


def in_order(pairs):
    return [word for pair in sorted(zip(pairs[::2], pairs[1::2])) for word in pair]


def quoted(word):
    if isinstance(word, str):
        return word
    letters = ("\\" + chr(b) if b in b'"\\' else chr(b) if 32 <= b < 127 else f"\\x{b:02x}" for b in word)
    return '"' + "".join(letters) + '"'


def config(models, port, retention, store):
    """Every model is known by its address but the one that announces itself."""
    settings = {
        "good": "", "refuses": "", "breaks": "max_attempts = 2", "babbles": "max_attempts = 1",
        "slow": 'timeout = "200ms", max_attempts = 1', "large": "", "retries": "",
        "busy": "", "hangs": "", "later": "concurrency = 1", "away": "",
    }
    lines = [f"[api]\nlisten = \"127.0.0.1:{port}\"", '[images]\nurl = "file:images"']
    lines += [f'[store]\nurl = "{store}"\nretention = "{retention}"']
    lines += [f'[callbacks]\nsecret = "{SECRET}"\nallow = ["{models.url.removeprefix("http://")}"]']
    lines += ["[standalone]\nexample_models = false", '[dispatcher]\nlease = "5s"\n[models]']
    for name, more in settings.items():
        url = "http://127.0.0.1:1" if name == "away" else f"{models.url}/{name}"
        lines.append(f'{name} = {{ url = "{url}", protocol = "multipart"{", " if more else ""}{more} }}')
    return "\n".join(lines) + "\n"


# The photos and the jobs


def png(number):
    """A photo of four by four pixels, another one for every number."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    colour = bytes([number * 37 % 256, number * 91 % 256, number])
    rows = (b"\0" + colour * 4) * 4
    head = struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def fill(site):
    """Every kind of job. Answers the images by what is special about them."""
    models, images, photos = site.models, {}, (png(number) for number in range(1, 256))
    models.moods |= {
        "refuses": "refuse", "breaks": "break", "babbles": "babble", "slow": "hang", "large": "large",
        "retries": "retry", "busy": "busy", "hangs": "hang",
    }
    site.start(retention="1s")
    # The next start finds it in its record alone.
    restored = images["restored from its record"] = site.done(next(photos), "good")
    wait("the end of the retention", lambda: not site.knows(restored))
    for name in list(site.running):
        site.stop(name)

    site.start()
    site.post_json("/model/register", {"name": "announced", "socket": f"{models.url}/announced"})
    succeeded = photo = next(photos)
    images["succeeded, by two models"] = site.done(
        photo, "good", "announced", callback=f"{models.url}/hook/succeeded")
    wait("the callback", lambda: images["succeeded, by two models"] in models.told)
    images["succeeded, with a large result"] = site.done(next(photos), "large")
    for model in ["refuses", "breaks", "babbles", "slow"]:
        images[f"failed: {model}"] = site.done(next(photos), model)
    images["succeeded and failed"] = site.done(next(photos), "good", "refuses", priority="high")
    photo = next(photos)
    images["done twice"] = site.done(photo, "good")
    site.done(photo, "good", rerun="true")
    noted = images["with notes"] = site.done(next(photos)[:-20], "good")
    wait("the notes", lambda: "notes" in site.view(noted))
    images["callback not taken"] = site.done(next(photos), "good", callback=f"{models.url}/hook/refused")
    wait("the callback", lambda: images["callback not taken"] in models.told)

    photo = next(photos)
    damaged = images["damaged, set aside"] = site.done(photo, "good")
    file = next((site.folder / "images" / damaged[:2]).glob(f"{damaged}.png"))
    file.write_bytes(photo[:-1] + b"?")
    site.post_json("/predict", {"images": [damaged], "models": ["large"]})
    wait("the damage", lambda: site.view(damaged)["status"] == "FAILED" and "notes" in site.view(damaged))

    photo = next(photos)
    images["asked for again, queued"] = site.done(photo, "later")
    models.moods["later"] = "hang"
    images["running"] = site.waits_for(site.predict(next(photos), "later"), "later", "RUNNING")
    site.predict(photo, "later", rerun="true", priority="low")
    for priority in ["low", "normal", "high"]:
        images[f"queued: {priority}"] = site.predict(
            next(photos), "later", priority=priority, callback=f"{models.url}/hook/{priority}")
    images["succeeded and queued"] = site.predict(next(photos), "good", "later")
    site.waits_for(images["succeeded and queued"], "good", "SUCCEEDED")
    images["cancelled"] = site.predict(next(photos), "later")
    images["cancelled twice"] = site.predict(next(photos), "later", "hangs")
    photo = next(photos)
    images["cancelled, asked for again"] = site.predict(photo, "later")
    for image in ["cancelled", "cancelled twice", "cancelled twice", "cancelled, asked for again"]:
        site.post_json("/predict/cancel", {"images": [images[image]]})
    site.waits_for(images["cancelled twice"], "hangs", "CANCELLED")
    site.predict(photo, "later")
    images["no service"] = site.waits_for(site.predict(next(photos), "away"), "away", "WAITING")
    images["waiting: busy service"] = site.waits_for(site.predict(next(photos), "busy"), "busy", "WAITING")
    images["cancellation asked while running"] = site.waits_for(
        site.predict(next(photos), "hangs"), "hangs", "RUNNING")
    images["waiting for another attempt"] = site.waits_for(
        site.predict(next(photos), "retries"), "retries", "WAITING", failures=1)
    site.predict(succeeded, "good")
    return images


def main():
    programs, kind, target = Path(sys.argv[1]).resolve(), sys.argv[2], Path(sys.argv[3])
    target.mkdir(parents=True)
    models = Models()
    folder = Path(tempfile.mkdtemp())
    site = (Standalone if kind == "sqlite" else Apart)(programs, models, folder)
    try:
        images = fill(site)
        answers = {name: site.view(image) for name, image in images.items()}
        site.ask_to_cancel_while_running(images["cancellation asked while running"])
        site.dump(target)
        about = {"programs": programs_version(programs), "services": models.url, "images": answers}
        (target / "answers.json").write_text(json.dumps(about, indent=1) + "\n")
        shutil.copytree(folder / "images", target / "images", ignore=shutil.ignore_patterns(".spool", "*.lock"))
    except BaseException:
        for log in folder.glob("*.log"):
            print(log.read_text()[-3000:], file=sys.stderr)
        raise
    finally:
        for process in [*site.running.values(), *([site.redis] if kind == "redis" else [])]:
            process.kill()
            process.wait()
        shutil.rmtree(folder)


def programs_version(programs):
    answer = subprocess.run([programs / "api", "--version"], capture_output=True, text=True, check=True)
    return answer.stdout.strip()


if __name__ == "__main__":
    main()
