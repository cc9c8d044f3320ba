//! What the page's modules compute, each asked in a real Chromium.

use photo_core::PhotoFormat;
use photo_tests::program::Program;
use serde_json::{Value, json};

use crate::page::chromium::browse;
use crate::system::{Server, md5};

/// What a script answers that may import the page's modules.
async fn ask(script: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let args = ["--listen", "127.0.0.1:0", "--no-example-models"];
    let server = Server::new(Program::start("standalone", folder.path(), &args));
    let mut answer = Value::Null;
    browse(&server.url, async |page| answer = page.run_async(script).await).await;
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_hashes_as_the_server_does() {
    // Around the ends of blocks, and more than one slice of the worker.
    let lengths = [3, 55, 56, 57, 63, 64, 65, 119, 120, 1000, (4 << 20) + 61];
    let script = "
        const { Md5 } = await import('/page/intake/md5.js');
        const { Hasher } = await import('/page/intake/hasher.js');
        const bytes = (length) => {
          const head = new TextEncoder().encode('GIF89a');
          return Uint8Array.from({ length }, (_, at) => at < 6 ? head[at] : (at * at * 31 + at) % 251);
        };
        const hasher = new Hasher();
        const answers = [];
        for (const length of LENGTHS) {
          const all = bytes(length);
          const md5 = new Md5();
          for (let at = 0; at < length; at += 37) md5.update(all.subarray(at, at + 37));
          answers.push([md5.finish(), (await hasher.read(new File([all], 'x'))).hash ?? null]);
        }
        return answers;";
    let answers = ask(&script.replace("LENGTHS", &json!(lengths).to_string())).await;
    for (length, answer) in lengths.into_iter().zip(answers.as_array().unwrap()) {
        let bytes = (0..length).map(|at: u64| match at {
            0..6 => b"GIF89a"[usize::try_from(at).unwrap()],
            _ => u8::try_from((at * at * 31 + at) % 251).unwrap(),
        });
        let hash = md5(&bytes.collect::<Vec<u8>>());
        // The worker looks at photos alone, and three bytes are none.
        let read = if length > 6 { json!(hash) } else { Value::Null };
        assert_eq!(answer, &json!([hash, read]), "{length} bytes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_takes_the_files_that_the_server_takes() {
    let heads: &[&[u8]] = &[
        b"\xFF\xD8\xFF\xE0",
        b"\xFF\xD8",
        b"\x89PNG\r\n\x1A\n",
        b"\x89PNG",
        b"GIF89a",
        b"GIF88a",
        b"RIFF\x10\0\0\0WEBPVP8 ",
        b"RIFF\x10\0\0\0WAVEfmt ",
        b"II*\0\x08\0\0\0",
        b"MM\0+\0\x08\0\0",
        b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0",
        b"BMW drivers' club",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"\0\0\0\x18ftypmp42\0\0\0\0isomheic",
        b"\0\0\0\x10ftypmp42\0\0\0\0isomheic",
        b"\0\0\0\x1Cftypavif\0\0\0\0mif1miafMA1B",
        b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom",
        b"\0\0\0\x0CJXL \r\n\x87\n",
        b"\xFF\x0A\xF8\x01",
        b"\0\0\0\x0CjP  \r\n\x87\n",
        b"\xFF\x4F\xFF\x51\0\x2F",
        b"8BPS\0\x01\0\0",
        b"8BPS is how this begins",
        b"IIU\0\x18\0\0\0",
        b"IIRO\x08\0\0\0",
        b"FUJIFILMCCD-RAW 0201",
        b"",
    ];
    let script = "
        const { kindOf } = await import('/page/intake/formats.js');
        return HEADS.map((head) => kindOf(new Uint8Array(head)).format ?? null);";
    let answers = ask(&script.replace("HEADS", &json!(heads).to_string())).await;
    let known = json!(PhotoFormat::ALL);
    let known = known.as_array().unwrap();
    for (head, answer) in heads.iter().zip(answers.as_array().unwrap()) {
        // The page may know formats that the server does not take, and tells them by their names.
        let taken = if known.contains(answer) { answer } else { &Value::Null };
        assert_eq!(taken, &json!(PhotoFormat::sniff(head)), "{}", head.escape_ascii());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn boxes_are_found_in_all_the_ways_models_write_them_and_guesses_are_called_so() {
    let found = ask(
        "const { boxesIn } = await import('/page/boxes/boxes.js');
         const { placed, readingOf } = await import('/page/boxes/reading.js');
         const flat = { width: 200, height: 100, orientation: 1 };
         const turned = { ...flat, orientation: 6 };
         const read = (result, size = flat, choice) => {
           const marks = boxesIn(result);
           const reading = readingOf(marks, size, choice);
           const { boxes, outside } = placed(marks, reading, size);
           return {
             guess: [reading.isLayoutGuess && reading.layout, reading.isFrameGuess && reading.frame].filter(Boolean).join(),
             outside,
             boxes: boxes.map(({ x, y, width, height, label }) =>
               [...[x, y, width, height].map((it) => Math.round(it * 100)), label].join(' ').trim()),
           };
         };
         return [
           read({ boxes: [[20, 10, 120, 60], [150, 50, 190, 90]], labels: ['cat', 'a dog'], scores: [0.9, 0.5] }),
           read({ faces: [{ bbox: [20, 10, 30, 40], label: 'cat', score: 0.5 }] }),
           read({ box: [190, 90, 20, 20] }),
           read({ bbox_cxcywh: [0.5, 0.5, 0.2, 0.4] }),
           read({ format: 'xyxy', boxes: [[20, 10, 30, 40]] }),
           read([{ x: 20, y: 10, width: 40, height: 40, class: 'dog' }]),
           read({ xmin: 20, ymin: 10, xmax: 120, ymax: 60 }),
           read({ BoundingBox: { Left: 0.1, Top: 0.1, Width: 0.5, Height: 0.5 } }),
           read({ cx: 100, cy: 50, w: 40, h: 40 }),
           read({ box_2d: [100, 200, 500, 600] }),
           read({ boxes: [[20, 10, 30, 40]] }),
           read({ boxes: [[20, 10, 30, 40]] }, flat, { layout: 'xywh' }),
           read({ xyxy: [500, 10, 600, 40] }),
           read({ xyxy: [20, 10, 60, 30] }, turned),
           read({ xyxy: [150, 10, 190, 30] }, turned),
           read({ xyxy: [20, 110, 60, 190] }, turned),
           read({ xyxy: [20, 10, 60, 30] }, turned, { frame: 'upright' }),
           ...[{ width: 640, height: 427 }, { box: ['1', 2, 3, 4] }, { values: [1, 2, 3, 4] }, 'box', null].map((it) => read(it)),
         ];",
    )
    .await;
    let boxes = |guess: &str, boxes: &[&str]| json!({"guess": guess, "outside": 0, "boxes": boxes});
    let expected = json!([
        boxes("", &["10 10 50 50 cat 90 %", "75 50 20 40 a dog 50 %"]),
        boxes("xywh", &["10 10 15 40 cat 50 %"]),
        boxes("", &["90 80 10 20"]),
        boxes("", &["40 30 20 40"]),
        boxes("", &["10 10 5 30"]),
        boxes("", &["10 10 20 40 dog"]),
        boxes("", &["10 10 50 50"]),
        boxes("", &["10 10 50 50"]),
        boxes("", &["40 30 20 40"]),
        boxes("", &["20 10 40 40"]),
        boxes("xyxy", &["10 10 5 30"]),
        boxes("", &["10 10 15 40"]),
        {"guess": "", "outside": 1, "boxes": []},
        // Of a photo that lies on its side a model may have seen either picture.
        boxes("stored", &["70 10 20 20"]),
        boxes("", &["70 75 20 20"]),
        boxes("", &["20 55 40 40"]),
        boxes("", &["20 5 40 10"]),
        boxes("", &[]),
        boxes("", &[]),
        boxes("", &[]),
        boxes("", &[]),
        boxes("", &[]),
    ]);
    for (found, expected) in found.as_array().unwrap().iter().zip(expected.as_array().unwrap()) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.as_array().unwrap().len(), expected.as_array().unwrap().len());
}

/// A result with numbers that JavaScript would write otherwise.
const NUMBERS: &str =
    r#"{"id": 9007199254740993, "phash":16782218834023497351, "n": [1.50,-0, 1e400], "s": "a\\"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_saved_has_every_number_as_it_was_sent_and_spreadsheets_compute_nothing() {
    let script = "
         const { toCsv, toJson } = await import('/page/results/export.js');
         const { readView } = await import('/page/server/api.js');
         const { fullResult } = await import('/page/results/result.js');
         const photo = (name, results, jobs = {}, notes = []) => ({
           name, hash: 'abc', models: [], phase: 'there', view: { image: 'abc', status: 'SUCCEEDED', results, jobs, notes },
         });
         const view = readView(`{\"image\":\"abc\",\"status\":\"SUCCEEDED\",\"results\":{\"m\":${NUMBERS}},\"jobs\":{}}`);
         const exact = [{ ...photo('x', {}), view }];
         const rows = Array.from({ length: 3000 }, (_, row) => ({ row, inner: { a: [row] } }));
         const table = fullResult({ rows, text: 'one\\ntwo', odds: { a: 0.5, b: 0.9, c: 0.1 }, parts: { a: 0.1, b: 0.9 } });
         let clicks = 0;
         for (; clicks < 20 && !table.querySelector('.more').hidden; clicks += 1) table.querySelector('.more button').click();
         return {
           csv: toCsv([
             photo('=1+1.jpg', { m: { a: 1.5, b: { c: '-2', d: [1, 2] } } }, {}, ['The photo is cut short.']),
             photo('a, \"b\".jpg', { n: -3 }, { m: { state: 'FAILED', error: { message: 'too dark' } } }),
           ]),
           exactCsv: toCsv(exact),
           exactJson: toJson(exact),
           shown: fullResult(view.results.m).textContent,
           clicks,
           rows: [...table.querySelectorAll('.table > table > tbody > tr')].at(-1).textContent,
           text: [table.querySelector('.text').textContent, table.querySelector('.text').dir],
           odds: [...table.querySelectorAll('.fields .fields dt')].slice(-3).map((it) => it.textContent).join(),
           scores: [...table.querySelectorAll('.scores dt')].map((it) => it.textContent).join(),
         };";
    let answer = ask(&script.replace("NUMBERS", &json!(NUMBERS).to_string())).await;
    let lines = |name: &str| answer[name].as_str().unwrap().split("\r\n").collect::<Vec<_>>();
    assert_eq!(
        lines("csv"),
        [
            "name,md5,state,notes,m (state),m.a,m.b.c,m.b.d,n",
            "'=1+1.jpg,abc,succeeded,The photo is cut short.,,1.5,'-2,\"[1,2]\",",
            "\"a, \"\"b\"\".jpg\",abc,succeeded,,FAILED: too dark,,,,-3",
            "",
        ]
    );
    assert_eq!(
        lines("exactCsv")[1],
        r#"x,abc,succeeded,,9007199254740993,"[1.50,-0,1e400]",16782218834023497351,a\"#
    );
    let saved = answer["exactJson"].as_str().unwrap();
    assert!(saved.contains(NUMBERS), "{saved}");
    let shown = answer["shown"].as_str().unwrap();
    assert!(shown.contains("9,007,199,254,740,993") && shown.contains("1e400"), "{shown}");
    // All of a result can be seen, however long.
    assert_eq!((&answer["clicks"], &answer["rows"]), (&json!(6), &json!("2,999a2,999")));
    assert_eq!(answer["text"], json!(["one\ntwo", "auto"]));
    assert_eq!((&answer["odds"], &answer["scores"]), (&json!("a,b,c"), &json!("b,a")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_of_the_list_takes_no_state_from_the_feed_and_no_model_is_called_ready_unseen() {
    let answer = ask(
        "const { Gallery } = await import('/page/list/gallery.js');
         const { conditionOf, waitingOf } = await import('/page/operators/condition.js');
         const { troublesOf } = await import('/page/operators/alarm.js');
         const followed = [];
         const gallery = new Gallery({ models: () => [], run: () => {}, follow: (hashes) => followed.push(...hashes), forget: () => {} });
         const view = (state, time, finished) => ({ image: 'abc', status: state, results: {}, jobs: {
           m: { state, submitted_at: `2026-01-01T00:00:0${time}Z`, ...(finished && { finished_at: `2026-01-01T00:00:0${finished}Z` }) } } });
         gallery.mine.add([{ id: '1', batch: 1, place: 0, name: 'x', size: 1, models: [], phase: 'there', hash: 'abc' }]);
         const state = () => gallery.mine.withHash('abc').view?.status ?? null;
         const states = [];
         gallery.hear(view('QUEUED', 1)); states.push(state());
         gallery.see(view('SUCCEEDED', 1, 2)); states.push(state());
         gallery.hear(view('RUNNING', 1)); states.push(state(), [...followed]);
         gallery.hear(view('QUEUED', 3)); states.push(state(), [...followed]);
         const asked = [];
         globalThis.fetch = new Proxy(fetch, { apply: (target, self, [url, ...rest]) => {
           asked.push(String(url));
           return Reflect.apply(target, self, [url, ...rest]);
         } });
         // Without a worker that tabs share, the page has the streams itself.
         delete globalThis.SharedWorker;
         const { Streams } = await import('/page/server/streams.js');
         const nobody = '0'.repeat(32);
         const unknown = await new Promise((unknown) => new Streams({
           seen: () => {}, unknown, heard: () => {}, more: () => {}, health: () => {}, wanted: () => [nobody] }));
         const queue = (more) => ({ model: 'm', queued: { high: 0, normal: 0, low: 0 }, waiting: 0, running: 0, failed: 0, concurrency: 1, endpoints: [{ url: 'u', state: 'up' }], ...more });
         const line = { high: 0, normal: 150000, low: 0 };
         const hold = { kind: 'unreachable', message: 'is down' };
         const at = [{ stopping: false }];
         return {
           states,
           unknown: [unknown.join() === nobody, asked.some((url) => url.endsWith('/predict/events'))],
           texts: [
             conditionOf(queue({}), at).text,
             conditionOf(queue({}), []).text,
             conditionOf(queue({ endpoints: [{ url: 'u', state: 'unknown' }] }), at).text,
             conditionOf(queue({ queued: line, hold }), at).text,
             waitingOf(queue({ queued: line, hold }), at),
             waitingOf(queue({ queued: line }), at),
             waitingOf(queue({ queued: line }), []),
           ],
           alarms: [
             troublesOf([queue({})], at, undefined),
             troublesOf([queue({ queued: line, hold })], at, 'the store is away'),
             troublesOf([queue({ queued: line })], [], undefined),
           ].map((all) => all.map(({ text }) => text)),
         };",
    )
    .await;
    assert_eq!(
        answer,
        json!({
            "unknown": [true, true],
            "states": [null, "SUCCEEDED", "SUCCEEDED", [], "SUCCEEDED", ["abc"]],
            "texts": [
                "ready",
                "no dispatcher is at work",
                "not tried yet",
                "is down, 150,000 jobs wait",
                150_000,
                0,
                150_000,
            ],
            "alarms": [
                [],
                ["Photos are not accepted: the store is away", "m: is down; 150,000 jobs wait."],
                ["No dispatcher is alive: nothing is taken from the queues, and 150,000 jobs wait."],
            ],
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_read_wherever_the_network_cuts_them() {
    let answers = ask(
        "const { readEvents } = await import('/page/server/event-stream.js');
         const text = ': alive\\n\\nevent: image\\r\\nid: 7\\r\\ndata: {\"a\":\\r\\ndata: \"ü\"}\\r\\n\\r\\ndata:x\\n\\nevent: cut';
         const bytes = new TextEncoder().encode(text);
         const read = async (size) => {
           const stream = new ReadableStream({ start(out) {
             for (let at = 0; at < bytes.length; at += size) out.enqueue(bytes.slice(at, at + size));
             out.close();
           } });
           const events = [];
           for await (const event of readEvents(stream, () => {})) events.push(event);
           return JSON.stringify(events);
         };
         return [...new Set(await Promise.all([1, 2, 3, 5, 8, 1000].map(read)))];",
    )
    .await;
    let events = json!([
        {"event": "image", "data": "{\"a\":\n\"ü\"}", "id": "7"},
        {"event": "message", "data": "x"},
    ]);
    let [answer] = &answers.as_array().unwrap()[..] else { panic!("{answers:#}") };
    assert_eq!(serde_json::from_str::<Value>(answer.as_str().unwrap()).unwrap(), events);
}
