-- All tables, as of version 3, the oldest that is read. Later files change them.
--
-- Times are milliseconds since 1970. States are written as clients see them.

-- One row: by what this file is told from another one, and from an earlier copy of itself.
CREATE TABLE beat (
    store TEXT NOT NULL,
    openings INTEGER NOT NULL
) STRICT;

INSERT INTO beat VALUES (lower(hex(randomblob(16))), 0);

-- One row per model that ever had a job: its queue in numbers.
CREATE TABLE models (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- The places last given at the head and at the tail of the line.
    line_head INTEGER NOT NULL DEFAULT 0,
    line_tail INTEGER NOT NULL DEFAULT 0,
    -- How many jobs are in each state now.
    queued_high INTEGER NOT NULL DEFAULT 0,
    queued_normal INTEGER NOT NULL DEFAULT 0,
    queued_low INTEGER NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0,
    running INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    -- What happened since the store was made.
    total_submitted INTEGER NOT NULL DEFAULT 0,
    total_duplicate INTEGER NOT NULL DEFAULT 0,
    total_claimed INTEGER NOT NULL DEFAULT 0,
    total_succeeded INTEGER NOT NULL DEFAULT 0,
    total_failed INTEGER NOT NULL DEFAULT 0,
    total_retried INTEGER NOT NULL DEFAULT 0,
    total_released INTEGER NOT NULL DEFAULT 0,
    total_cancelled INTEGER NOT NULL DEFAULT 0,
    total_expired INTEGER NOT NULL DEFAULT 0,
    total_stale INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE jobs (
    image BLOB NOT NULL,
    model INTEGER NOT NULL,
    state TEXT NOT NULL,
    -- 0 high, 1 normal, 2 low.
    priority INTEGER NOT NULL,
    -- QUEUED: its place in line. WAITING: when it is due. RUNNING: when its lease ends.
    -- FAILED: when it failed, until it has left the list of those that can be put back in line.
    place INTEGER,
    attempts INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    crashes INTEGER NOT NULL,
    -- Of the last claim, in microseconds; 0 before the first.
    fence INTEGER NOT NULL,
    cancel_asked INTEGER NOT NULL,
    submitted_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    -- JSON.
    error TEXT,
    PRIMARY KEY (image, model)
) STRICT, WITHOUT ROWID;

-- Each list that is taken from is an index of its own, as long as the list.
CREATE INDEX jobs_queued ON jobs (model, priority, place) WHERE state = 'QUEUED';
CREATE INDEX jobs_waiting ON jobs (model, place, image) WHERE state = 'WAITING';
CREATE INDEX jobs_running ON jobs (model, place, image) WHERE state = 'RUNNING';
CREATE INDEX jobs_failed ON jobs (model, place, image) WHERE state = 'FAILED' AND place IS NOT NULL;

-- Apart from the jobs because results may be large. An ordinary table for the same reason.
CREATE TABLE results (
    image BLOB NOT NULL,
    model INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (image, model)
) STRICT;

-- Which images are finished, and since when.
CREATE TABLE images (
    image BLOB PRIMARY KEY,
    unfinished INTEGER NOT NULL,
    finished_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX images_finished ON images (finished_at) WHERE unfinished = 0;

-- What models and dispatchers said about models, whether or not they ever had a job.
CREATE TABLE known_models (
    name TEXT PRIMARY KEY,
    -- JSON.
    classes TEXT,
    -- JSON.
    hold TEXT,
    held_until INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE endpoints (
    model TEXT NOT NULL,
    url TEXT NOT NULL,
    gone_at INTEGER NOT NULL,
    PRIMARY KEY (model, url)
) STRICT, WITHOUT ROWID;

-- Those who are to be told once an image is finished.
CREATE TABLE callbacks (
    image BLOB NOT NULL,
    url TEXT NOT NULL,
    id BLOB NOT NULL,
    failures INTEGER NOT NULL,
    -- Nothing while it waits for the image.
    due_at INTEGER,
    PRIMARY KEY (image, url)
) STRICT, WITHOUT ROWID;

CREATE INDEX callbacks_due ON callbacks (due_at, image, url) WHERE due_at IS NOT NULL;
