//! The page in several tabs, and below a path of a reverse proxy.

use std::io;

use photo_tests::program::Program;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::page::chromium::browse;
use crate::system::{Server, jpeg};

/// As many tabs as a browser opens connections to a server.
const TABS: usize = 6;

const DONE: &str =
    "document.querySelector('#sum').textContent === '3 of 3 photos, 12 of 12 jobs finished'";

/// What the browser keeps of the list.
const KEPT: &str = "const { Storage } = await import('/page/kept/storage.js');
                    return await (await Storage.open()).all();";

#[tokio::test(flavor = "multi_thread")]
async fn six_tabs_work_with_one_list_and_a_seventh_loads() {
    let folder = tempfile::tempdir().unwrap();
    let server =
        Server::new(Program::start("standalone", folder.path(), &["--listen", "127.0.0.1:0"]));
    let photos = folder.path().join("photos");
    std::fs::create_dir(&photos).unwrap();
    for number in 1..=3 {
        std::fs::write(photos.join(format!("{number}.jpg")), jpeg(number)).unwrap();
    }
    browse(&server.url, async |page| {
        for number in 0..TABS {
            if number > 0 {
                page.open_tab(&server.url).await;
            }
            page.wait_for("document.querySelectorAll('#models input:checked').length === 4").await;
            page.wait_for("document.querySelector('#health').textContent === 'Live'").await;
        }
        page.drop_files(&[&photos]).await;
        for number in 0..TABS {
            page.switch_to_tab(number).await;
            page.wait_for(DONE).await;
            page.assert_no_complaints().await;
        }
        // What is removed in one tab is gone from all, and stays gone.
        page.switch_to_tab(1).await;
        let listed: Value = page.run_async(KEPT).await;
        page.click("#remove").await;
        page.click("#confirm .primary").await;
        for number in 0..TABS {
            page.switch_to_tab(number).await;
            page.wait_for("document.querySelector('#mine-count').textContent === '0'").await;
        }
        page.open_tab(&server.url).await;
        page.wait_for("document.querySelectorAll('#models input').length === 4").await;
        page.wait_for("document.querySelector('#health').textContent === 'Live'").await;
        assert_eq!(page.run_async::<Value>(KEPT).await, Value::Array(Vec::new()));

        // Another tab may have been at work on them, and say so late. What it says of a photo that
        // is still kept shows that the others were told all of it.
        let late = format!(
            "const {{ Storage }} = await import('/page/kept/storage.js');
             const listed = {listed};
             const [another] = listed.slice(-1);
             another.id += '-again';
             await (await Storage.open()).put([another]);
             new BroadcastChannel('photos').postMessage({{ changed: [...listed.slice(0, -1), another] }});"
        );
        page.run_async::<Value>(&late).await;
        for number in 0..=TABS {
            page.switch_to_tab(number).await;
            page.wait_for("document.querySelector('#mine-count').textContent !== '0'").await;
            assert_eq!(page.texts("#mine-count").await, ["1"]);
        }
        page.assert_no_complaints().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_a_newer_page_has_kept_is_left_alone_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let server =
        Server::new(Program::start("standalone", folder.path(), &["--listen", "127.0.0.1:0"]));
    browse(&server.url, async |page| {
        page.wait_for("document.querySelector('#health').textContent === 'Live'").await;
        // As a newer page in another tab, for which this one lets go of the list.
        let newer = "const opening = indexedDB.open('photo-analysis-server', 99);
            await new Promise((resolve, reject) => { opening.onsuccess = resolve; opening.onerror = reject; });
            opening.result.close();";
        assert_eq!(page.run_async::<Value>(newer).await, Value::Null);
        page.reload().await;
        page.wait_for("document.querySelector('#notices').textContent.includes('Reload the page')").await;
        page.wait_for("document.querySelector('#health').textContent === 'Live'").await;
        let version = "return (await indexedDB.databases()).map(({ version }) => version)";
        assert_eq!(page.run_async::<Vec<u32>>(version).await, [99]);
        page.assert_no_complaints().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_and_the_reference_work_below_a_path_of_a_proxy() {
    let folder = tempfile::tempdir().unwrap();
    let server =
        Server::new(Program::start("standalone", folder.path(), &["--listen", "127.0.0.1:0"]));
    let photo = folder.path().join("photo.jpg");
    std::fs::write(&photo, jpeg(1)).unwrap();
    let url = start_proxy(server.address().to_owned()).await;
    browse(&format!("{url}/photos/"), async |page| {
        let below = "return performance.getEntriesByType('resource').map(({ name }) => new URL(name)) \
                     .filter(({ protocol, pathname }) => protocol === 'http:' && !pathname.startsWith('/photos/')) \
                     .map(String)";
        page.wait_for("document.querySelectorAll('#models input:checked').length === 4").await;
        page.drop_files(&[&photo]).await;
        page.wait_for("document.querySelector('.row .state')?.dataset.group === 'done'").await;
        page.wait_for("document.querySelector('.picture img')?.naturalWidth > 0").await;
        assert_eq!(page.run::<Vec<String>>(below).await, Vec::<String>::new());
        page.assert_no_complaints().await;

        page.open(&format!("{url}/photos/docs")).await;
        page.wait_for("document.documentElement.dataset.ready === ''").await;
        let examples = page.texts("pre code").await;
        let curl = examples.iter().find(|it| it.starts_with("curl ")).unwrap();
        assert!(curl.contains("/photos/"), "{curl}");
        assert_eq!(page.run::<Vec<String>>(below).await, Vec::<String>::new());
        page.assert_no_complaints().await;
    })
    .await;
}

/// A reverse proxy that has the server below `/photos/`, and nothing elsewhere.
async fn start_proxy(server: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = server.clone();
            tokio::spawn(async move { pass(client, &server).await });
        }
    });
    url
}

/// Passes one request on, and its answer back: each has a connection of its own.
async fn pass(client: TcpStream, server: &str) -> io::Result<()> {
    let mut client = BufReader::new(client);
    let (mut line, mut head) = (String::new(), String::new());
    while client.read_line(&mut line).await? > 0 && line != "\r\n" {
        if !line.to_ascii_lowercase().starts_with("connection:") {
            head.push_str(&line);
        }
        line.clear();
    }
    let (first, rest) = head.split_once("\r\n").unwrap_or_default();
    let Some((method, path)) = first.split_once(" /photos/") else {
        let nothing = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        return client.write_all(nothing).await;
    };
    let mut server = TcpStream::connect(server).await?;
    let head = format!("{method} /{path}\r\n{rest}connection: close\r\n\r\n");
    server.write_all(head.as_bytes()).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await.map(|_| ())
}
