BEGIN TRANSACTION;
CREATE TABLE beat (
    store TEXT NOT NULL,
    openings INTEGER NOT NULL
) STRICT;
INSERT INTO "beat" VALUES('5d19e33ef505e3c722767075e7f2039d',3);
CREATE TABLE callbacks (
    image BLOB NOT NULL,
    url TEXT NOT NULL,
    id BLOB NOT NULL,
    failures INTEGER NOT NULL,
    -- Nothing while it waits for the image.
    due_at INTEGER,
    PRIMARY KEY (image, url)
) STRICT, WITHOUT ROWID;
INSERT INTO "callbacks" VALUES(X'99547FB8DB0718C49FE4E5F384EC6734','good http://127.0.0.1:44607/hook/refused',X'201D9D9DE72C4EB883C97300AF651576',1,1796089952278);
INSERT INTO "callbacks" VALUES(X'B9A0AEAA1687267F2AF918DFA6CE489C','later http://127.0.0.1:44607/hook/normal',X'ABDFB4DEE64542C794E0FEBC3D2E201B',0,NULL);
INSERT INTO "callbacks" VALUES(X'C4CF179626ED5F147203B9DD09DF1EBF','later http://127.0.0.1:44607/hook/low',X'EE4415BB07A0415685447AECBF594CBF',0,NULL);
INSERT INTO "callbacks" VALUES(X'DB93175E9F6C9256B890D83F7011119C','later http://127.0.0.1:44607/hook/high',X'74006892AB3C45309C232BC83FF6E271',0,NULL);
CREATE TABLE clock ( id INTEGER PRIMARY KEY CHECK (id = 1), noted INTEGER NOT NULL, ahead INTEGER NOT NULL) STRICT;
INSERT INTO "clock" VALUES(1,1796089948985,0);
CREATE TABLE endpoints (
    model TEXT NOT NULL,
    url TEXT NOT NULL,
    gone_at INTEGER NOT NULL,
    -- Where the announcement came from that made it known, and when. Nothing where an earlier version
    -- wrote the row.
    announced_from TEXT,
    announced_at INTEGER,
    PRIMARY KEY (model, url)
) STRICT, WITHOUT ROWID;
INSERT INTO "endpoints" VALUES('announced','http://127.0.0.1:44607/announced',1796089988445,'127.0.0.1',1796089943445);
CREATE TABLE images (
    image BLOB PRIMARY KEY,
    unfinished INTEGER NOT NULL,
    finished_at INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO "images" VALUES(X'0FD347A34FC80B5C40495FB96691C6B2',0,1796089946183);
INSERT INTO "images" VALUES(X'2632BFA485DFE8680265D4BCF8E9D4E7',0,1796089946664);
INSERT INTO "images" VALUES(X'2BAE0FE6BB247E19F499D755A8B7E772',1,NULL);
INSERT INTO "images" VALUES(X'5279DC5944F396B2AE2F164AAEEA8BDB',0,1796089947279);
INSERT INTO "images" VALUES(X'5D1D88067205DA1FE031B42F97C4A438',0,1796089945293);
INSERT INTO "images" VALUES(X'65A8D1173425BAB3F1C01D8BC938572E',0,1796089944382);
INSERT INTO "images" VALUES(X'688B7AFA28EAC73F08FFA30F455151BF',1,1796089948560);
INSERT INTO "images" VALUES(X'6B9C02B0AE4ABC547427D70818D9E08C',1,1796089948384);
INSERT INTO "images" VALUES(X'99547FB8DB0718C49FE4E5F384EC6734',0,1796089946759);
INSERT INTO "images" VALUES(X'9BA730F810394AAB9A993DDE142E8D3F',1,NULL);
INSERT INTO "images" VALUES(X'AA05C3CC6013D557FAFA019BDDB939CD',1,NULL);
INSERT INTO "images" VALUES(X'AFABB40BD053254EB4A9ACBC2F8ECA17',0,1796089946228);
INSERT INTO "images" VALUES(X'B04197A78538665A155B08660E9B63FB',1,NULL);
INSERT INTO "images" VALUES(X'B07B4878F53B95AEDEEAF10FDEAA93D9',0,1796089946521);
INSERT INTO "images" VALUES(X'B32908836AAFB71726672A7273C62D1D',1,1796089948663);
INSERT INTO "images" VALUES(X'B40F4B2737E3411569267B3E303752A2',0,1796089946477);
INSERT INTO "images" VALUES(X'B46FE247D2E3E6805E3204DF54F952B3',0,1796089943208);
INSERT INTO "images" VALUES(X'B7B2BD3A38CD2B5EC50B4B1C2E6D8FB6',0,1796089946709);
INSERT INTO "images" VALUES(X'B9A0AEAA1687267F2AF918DFA6CE489C',1,NULL);
INSERT INTO "images" VALUES(X'BDDB86B91A1874E6334BADB93BD9CD13',0,1796089948648);
INSERT INTO "images" VALUES(X'C4CF179626ED5F147203B9DD09DF1EBF',1,NULL);
INSERT INTO "images" VALUES(X'CFAA4B13B551E8E87B39268C0B3FFD81',0,1796089948641);
INSERT INTO "images" VALUES(X'D103E3186E5EC351E2505BFA1A5D5799',1,NULL);
INSERT INTO "images" VALUES(X'D297E89B37C372551AB8577B646F7A23',0,1796089945248);
INSERT INTO "images" VALUES(X'DB93175E9F6C9256B890D83F7011119C',1,NULL);
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
INSERT INTO "jobs" VALUES(X'0FD347A34FC80B5C40495FB96691C6B2',5,'FAILED',1,1796089946183,2,1,0,1796089946176619,0,1796089945332,1796089946183,'{"kind":"server_error","message":"It broke.","http_status":500}');
INSERT INTO "jobs" VALUES(X'2632BFA485DFE8680265D4BCF8E9D4E7',1,'SUCCEEDED',1,NULL,1,0,0,1796089946612796,0,1796089946610,1796089946664,NULL);
INSERT INTO "jobs" VALUES(X'2BAE0FE6BB247E19F499D755A8B7E772',10,'WAITING',1,1796089949967,1,0,0,1796089948698462,0,1796089948696,1796089948706,'{"kind":"unreachable","message":"the service cannot be reached: Connection refused (os error 111)"}');
INSERT INTO "jobs" VALUES(X'5279DC5944F396B2AE2F164AAEEA8BDB',1,'SUCCEEDED',1,NULL,1,0,0,1796089947237354,0,1796089947232,1796089947244,NULL);
INSERT INTO "jobs" VALUES(X'5279DC5944F396B2AE2F164AAEEA8BDB',3,'FAILED',1,1796089947279,1,0,0,1796089947274454,0,1796089947272,1796089947279,'{"kind":"image_damaged","message":"the stored photo is damaged: its bytes are not those that were posted. Post the photo again; that mends it, and has this job done"}');
INSERT INTO "jobs" VALUES(X'5D1D88067205DA1FE031B42F97C4A438',4,'FAILED',1,1796089945293,1,0,0,1796089945285171,0,1796089945282,1796089945293,'{"kind":"refused","message":"This is no \"photo\" of a tree.","http_status":400}');
INSERT INTO "jobs" VALUES(X'65A8D1173425BAB3F1C01D8BC938572E',1,'SUCCEEDED',1,NULL,1,0,0,1796089943467395,0,1796089943464,1796089943477,NULL);
INSERT INTO "jobs" VALUES(X'65A8D1173425BAB3F1C01D8BC938572E',2,'SUCCEEDED',1,NULL,1,0,0,1796089944333534,0,1796089943464,1796089944382,NULL);
INSERT INTO "jobs" VALUES(X'688B7AFA28EAC73F08FFA30F455151BF',1,'SUCCEEDED',1,NULL,1,0,0,1796089948552727,0,1796089948544,1796089948560,NULL);
INSERT INTO "jobs" VALUES(X'688B7AFA28EAC73F08FFA30F455151BF',8,'QUEUED',1,7,0,0,0,0,0,1796089948544,1796089948544,NULL);
INSERT INTO "jobs" VALUES(X'6B9C02B0AE4ABC547427D70818D9E08C',8,'QUEUED',2,3,0,0,0,0,0,1796089948463,1796089948463,NULL);
INSERT INTO "jobs" VALUES(X'99547FB8DB0718C49FE4E5F384EC6734',1,'SUCCEEDED',1,NULL,1,0,0,1796089946753113,0,1796089946748,1796089946759,NULL);
INSERT INTO "jobs" VALUES(X'9BA730F810394AAB9A993DDE142E8D3F',11,'WAITING',1,1796089963763,1,0,0,1796089948752399,0,1796089948744,1796089948763,'{"kind":"not_ready","message":"Back later.","http_status":503}');
INSERT INTO "jobs" VALUES(X'AA05C3CC6013D557FAFA019BDDB939CD',12,'WAITING',1,1796089963848,1,1,0,1796089948838123,0,1796089948836,1796089948848,'{"kind":"server_error","message":"It broke.","http_status":500}');
INSERT INTO "jobs" VALUES(X'AFABB40BD053254EB4A9ACBC2F8ECA17',6,'FAILED',1,1796089946228,1,0,0,1796089946222480,0,1796089946221,1796089946228,'{"kind":"bad_answer","message":"the answer is not a JSON object: it does not begin with `{`; it begins: \"no prediction\"","http_status":200}');
INSERT INTO "jobs" VALUES(X'B04197A78538665A155B08660E9B63FB',8,'QUEUED',1,-1,1,0,1,1796089948424021,0,1796089948422,1796089948985,NULL);
INSERT INTO "jobs" VALUES(X'B07B4878F53B95AEDEEAF10FDEAA93D9',1,'SUCCEEDED',0,NULL,1,0,0,1796089946502619,0,1796089946500,1796089946514,NULL);
INSERT INTO "jobs" VALUES(X'B07B4878F53B95AEDEEAF10FDEAA93D9',4,'FAILED',0,1796089946521,1,0,0,1796089946507454,0,1796089946500,1796089946521,'{"kind":"refused","message":"This is no \"photo\" of a tree.","http_status":400}');
INSERT INTO "jobs" VALUES(X'B32908836AAFB71726672A7273C62D1D',8,'QUEUED',1,11,0,0,0,0,0,1796089948678,1796089948678,NULL);
INSERT INTO "jobs" VALUES(X'B40F4B2737E3411569267B3E303752A2',7,'FAILED',1,1796089946477,1,0,0,1796089946270665,0,1796089946268,1796089946477,'{"kind":"timeout","message":"the service did not answer within 200ms"}');
INSERT INTO "jobs" VALUES(X'B46FE247D2E3E6805E3204DF54F952B3',1,'SUCCEEDED',1,NULL,1,0,0,1796089941141000,0,1796089941130,1796089941160,NULL);
INSERT INTO "jobs" VALUES(X'B7B2BD3A38CD2B5EC50B4B1C2E6D8FB6',1,'SUCCEEDED',1,NULL,1,0,0,1796089946704128,0,1796089946700,1796089946709,NULL);
INSERT INTO "jobs" VALUES(X'B9A0AEAA1687267F2AF918DFA6CE489C',8,'QUEUED',1,5,0,0,0,0,0,1796089948500,1796089948500,NULL);
INSERT INTO "jobs" VALUES(X'BDDB86B91A1874E6334BADB93BD9CD13',8,'CANCELLED',1,NULL,0,0,0,0,0,1796089948612,1796089948647,NULL);
INSERT INTO "jobs" VALUES(X'BDDB86B91A1874E6334BADB93BD9CD13',9,'CANCELLED',1,NULL,1,0,0,1796089948614211,0,1796089948612,1796089948648,NULL);
INSERT INTO "jobs" VALUES(X'C4CF179626ED5F147203B9DD09DF1EBF',8,'QUEUED',2,4,0,0,0,0,0,1796089948480,1796089948480,NULL);
INSERT INTO "jobs" VALUES(X'CFAA4B13B551E8E87B39268C0B3FFD81',8,'CANCELLED',1,NULL,0,0,0,0,0,1796089948596,1796089948641,NULL);
INSERT INTO "jobs" VALUES(X'D103E3186E5EC351E2505BFA1A5D5799',9,'RUNNING',1,1796089953998,2,0,1,1796089948998705,1,1796089948797,1796089948998,NULL);
INSERT INTO "jobs" VALUES(X'D297E89B37C372551AB8577B646F7A23',3,'SUCCEEDED',1,NULL,1,0,0,1796089945237890,0,1796089945232,1796089945248,NULL);
INSERT INTO "jobs" VALUES(X'DB93175E9F6C9256B890D83F7011119C',8,'RUNNING',0,1796089953998,1,0,0,1796089948998706,0,1796089948523,1796089948998,NULL);
CREATE TABLE known_models (
    name TEXT PRIMARY KEY,
    -- JSON.
    classes TEXT,
    -- JSON.
    hold TEXT,
    held_until INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO "known_models" VALUES('announced','["oak","elm"]',NULL,NULL);
INSERT INTO "known_models" VALUES('away',NULL,'{"kind":"unreachable","message":"the service cannot be reached: Connection refused (os error 111)"}',1796089958705);
INSERT INTO "known_models" VALUES('busy',NULL,'{"kind":"not_ready","message":"Back later.","http_status":503}',1796089958762);
INSERT INTO "known_models" VALUES('good','["oak","elm"]',NULL,NULL);
INSERT INTO "known_models" VALUES('large','["oak","elm"]',NULL,NULL);
INSERT INTO "known_models" VALUES('later','["oak","elm"]',NULL,NULL);
INSERT INTO "known_models" VALUES('retries',NULL,'{"kind":"server_error","message":"It broke.","http_status":500}',1796089958848);
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
    total_stale INTEGER NOT NULL DEFAULT 0,
    -- 1 once it was forgotten: its row stays for the outcomes of its jobs.
    forgotten INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO "models" VALUES(1,'good',0,9,0,0,0,0,0,0,9,1,9,9,0,0,0,0,0,0,0);
INSERT INTO "models" VALUES(2,'announced',0,1,0,0,0,0,0,0,1,0,1,1,0,0,0,0,0,0,0);
INSERT INTO "models" VALUES(3,'large',0,2,0,0,0,0,0,1,2,0,2,1,1,0,0,0,0,0,0);
INSERT INTO "models" VALUES(4,'refuses',0,2,0,0,0,0,0,2,2,0,2,0,2,0,0,0,0,0,0);
INSERT INTO "models" VALUES(5,'breaks',-1,1,0,0,0,0,0,1,1,0,2,0,1,1,0,0,0,0,0);
INSERT INTO "models" VALUES(6,'babbles',0,1,0,0,0,0,0,1,1,0,1,0,1,0,0,0,0,0,0);
INSERT INTO "models" VALUES(7,'slow',0,1,0,0,0,0,0,1,1,0,1,0,1,0,0,0,0,0,0);
INSERT INTO "models" VALUES(8,'later',-1,11,0,4,2,0,1,0,11,0,3,1,0,0,0,3,1,0,0);
INSERT INTO "models" VALUES(9,'hangs',-1,2,0,0,0,0,1,0,2,0,3,0,0,0,0,1,1,0,0);
INSERT INTO "models" VALUES(10,'away',0,1,0,0,0,1,0,0,1,0,1,0,0,0,1,0,0,0,0);
INSERT INTO "models" VALUES(11,'busy',0,1,0,0,0,1,0,0,1,0,1,0,0,0,1,0,0,0,0);
INSERT INTO "models" VALUES(12,'retries',0,1,0,0,0,1,0,0,1,0,1,0,0,1,0,0,0,0,0);
CREATE TABLE results (
    image BLOB NOT NULL,
    model INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (image, model)
) STRICT;
INSERT INTO "results" VALUES(X'B46FE247D2E3E6805E3204DF54F952B3',1,'{"oak": 0.75, "elm": 0.25}');
INSERT INTO "results" VALUES(X'65A8D1173425BAB3F1C01D8BC938572E',1,'{"oak": 0.75, "elm": 0.25}');
INSERT INTO "results" VALUES(X'65A8D1173425BAB3F1C01D8BC938572E',2,'{"oak": 0.75, "elm": 0.25}');
INSERT INTO "results" VALUES(X'D297E89B37C372551AB8577B646F7A23',3,'{"oak": 0.5, "why": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}');
INSERT INTO "results" VALUES(X'B07B4878F53B95AEDEEAF10FDEAA93D9',1,'{"oak": 0.75, "elm": 0.25}');
INSERT INTO "results" VALUES(X'2632BFA485DFE8680265D4BCF8E9D4E7',1,'{"oak": 0.75, "elm": 0.25}');
INSERT INTO "results" VALUES(X'B7B2BD3A38CD2B5EC50B4B1C2E6D8FB6',1,'{"oak": 0.75, "elm": 0.25}');
INSERT INTO "results" VALUES(X'99547FB8DB0718C49FE4E5F384EC6734',1,'{"oak": 0.75, "elm": 0.25}');
INSERT INTO "results" VALUES(X'5279DC5944F396B2AE2F164AAEEA8BDB',1,'{"oak": 0.75, "elm": 0.25}');
INSERT INTO "results" VALUES(X'688B7AFA28EAC73F08FFA30F455151BF',1,'{"oak": 0.75, "elm": 0.25}');
CREATE INDEX jobs_queued ON jobs (model, priority, place) WHERE state = 'QUEUED';
CREATE INDEX jobs_waiting ON jobs (model, place, image) WHERE state = 'WAITING';
CREATE INDEX jobs_running ON jobs (model, place, image) WHERE state = 'RUNNING';
CREATE INDEX jobs_failed ON jobs (model, place, image) WHERE state = 'FAILED' AND place IS NOT NULL;
CREATE INDEX images_finished ON images (finished_at) WHERE unfinished = 0;
CREATE INDEX callbacks_due ON callbacks (due_at, image, url) WHERE due_at IS NOT NULL;
COMMIT;
PRAGMA user_version = 4;
