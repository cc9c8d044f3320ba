-- 1 once a model was forgotten: its row stays for the outcomes of its jobs.
ALTER TABLE models ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;

-- Where the announcement came from that made the endpoint known, and when. NULL in rows of version 3.
ALTER TABLE endpoints ADD COLUMN announced_from TEXT;
ALTER TABLE endpoints ADD COLUMN announced_at INTEGER;
