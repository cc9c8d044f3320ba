//! What the page's modules compute, each asked in a real Chromium.

use photo_core::PhotoFormat;
use photo_tests::program::Program;
use serde_json::{Value, json};

use crate::chromium::browse;
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
        const { Md5 } = await import('/page/md5.js');
        const { Hasher } = await import('/page/hasher.js');
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
    let heads: [&[u8]; 16] = [
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
        b"",
    ];
    let script = "
        const { isPhoto } = await import('/page/formats.js');
        return HEADS.map((head) => isPhoto(new Uint8Array(head)));";
    let answers = ask(&script.replace("HEADS", &json!(heads).to_string())).await;
    let taken = heads.map(|head| PhotoFormat::sniff(head).is_some());
    assert_eq!(answers, json!(taken));
}

#[tokio::test(flavor = "multi_thread")]
async fn boxes_are_found_in_all_the_ways_models_write_them() {
    let found = ask("const { boxesIn } = await import('/page/boxes.js');
         return [
           { box: [1, 2, 30, 40] },
           { faces: [{ bbox: [1, 2, 30, 40], label: 'cat', score: 0.5 }] },
           { boxes: [[1, 2, 30, 40], [5, 6, 7, 8]] },
           [{ x: 1, y: 2, width: 30, height: 40, class: 'dog' }],
           { xmin: 1, ymin: 2, xmax: 31, ymax: 42 },
           { left: 0.1, top: 0.2, width: 0.3, height: 0.4 },
           { width: 640, height: 427 },
           { box: [1, 2, 0, 40] },
           { box: ['1', 2, 3, 4] },
           { values: [1, 2, 3, 4] },
           'box', null, 4,
         ].map((result) => boxesIn(result).map(
           ({ x, y, width, height, inParts, label }) => [x, y, width, height, inParts, label]));")
    .await;
    let first = |label: &str| json!([1, 2, 30, 40, false, label]);
    let expected = json!([
        [first("")],
        [first("cat 50 %")],
        [first(""), [5, 6, 7, 8, false, ""]],
        [first("dog")],
        [first("")],
        [[0.1, 0.2, 0.3, 0.4, true, ""]],
        [],
        [],
        [],
        [],
        [],
        [],
        [],
    ]);
    assert_eq!(found, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_for_spreadsheets_computes_nothing() {
    let table = ask(
        "const { toCsv } = await import('/page/export.js');
         const photo = (name, results, jobs = {}) => ({
           name, hash: 'abc', models: [], phase: 'there', view: { image: 'abc', status: 'SUCCEEDED', results, jobs },
         });
         return toCsv([
           photo('=1+1.jpg', { m: { a: 1.5, b: { c: '-2', d: [1, 2] } } }),
           photo('a, \"b\".jpg', { n: -3 }, { m: { state: 'FAILED', error: { message: 'too dark' } } }),
         ]);",
    )
    .await;
    let lines: Vec<&str> = table.as_str().unwrap().split("\r\n").collect();
    assert_eq!(
        lines,
        [
            "name,md5,state,m (state),m.a,m.b.c,m.b.d,n",
            "'=1+1.jpg,abc,succeeded,,1.5,'-2,\"[1,2]\",",
            "\"a, \"\"b\"\".jpg\",abc,succeeded,FAILED: too dark,,,,-3",
            "",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_read_wherever_the_network_cuts_them() {
    let answers = ask(
        "const { readEvents } = await import('/page/event-stream.js');
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
