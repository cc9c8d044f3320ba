//! Pages of other sites in a person's browser, and what they try with the server on that person's
//! machine.

use std::path::Path;

use photo_tests::program::Program;
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::page::chromium::{Page, browse};
use crate::system::{Server, jpeg, md5};

/// A model that does nothing, so that its jobs wait.
const SHUT: &str = "[models]\nshut = \"http://127.0.0.1:1\"\n";

/// Another site: whatever is asked for, it answers with a page that has a link to the server.
async fn start_site(link: &str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let page = format!("<!DOCTYPE html><title>Another site</title><a href=\"{link}\">Photos</a>");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let page = page.clone();
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    if !matches!(stream.read_buf(&mut head).await, Ok(1..)) {
                        return;
                    }
                }
                let length = page.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\
                     content-length: {length}\r\n\r\n{page}"
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    port
}

fn start(folder: &Path, settings: &str) -> Server {
    std::fs::write(folder.join("photo.toml"), settings).unwrap();
    Server::new(Program::start("standalone", folder, &["--listen", "127.0.0.1:0"]))
}

/// Posts a photo as a program does.
async fn post(server: &Server, photo: Vec<u8>, model: &str) {
    let part = Part::bytes(photo).file_name("photo.jpg");
    let form = Form::new().part("images", part).text("models", model.to_owned());
    let post = server.client.post(format!("{}/predict", server.url)).multipart(form);
    assert_eq!(post.send().await.unwrap().status(), StatusCode::ACCEPTED);
}

/// Posts every way a page can without asking first; answers what it could read, which is nothing.
async fn attack(page: &Page, server: &Server, image: &str) -> Value {
    let script = r#"
        const [server, image] = INPUT;
        const seen = {};
        const blind = (path, options) =>
          fetch(server + path, { method: "POST", mode: "no-cors", ...options }).catch(() => {});
        const text = (path, body) =>
          blind(path, { headers: { "content-type": "text/plain" }, body: JSON.stringify(body) });
        await text("/model/register", { name: "mine", socket: location.origin });
        await text("/model/register", { name: "shut", socket: location.origin });
        await text("/predict/cancel", { images: [image] });
        await text("/predict/cancel", { models: ["shut"] });
        await text("/predict/retry", { models: ["shut"] });
        await text("/predict", { images: [image], models: ["average_color"] });
        await blind("/fsck", {});
        const form = new FormData();
        form.append("hashes", image);
        form.append("models", "average_color");
        await blind("/predict", { body: form });
        await blind("/predict/cancel", { body: new Blob([JSON.stringify({ images: [image] })]) });
        for (const path of ["/", "/models", "/queues", "/failures", "/openapi.json", "/health/ready",
                            `/predict/${image}`, `/images/${image}`]) {
          seen[path] = await fetch(server + path).then((answer) => answer.text(), () => null);
        }
        seen.posted = await fetch(server + "/predict/status", {
          method: "POST", headers: { "content-type": "application/json" },
          body: JSON.stringify({ images: [image] }),
        }).then((answer) => answer.text(), () => null);
        seen.deleted = await fetch(server + "/models/shut?cancel=true", { method: "DELETE" })
          .then((answer) => answer.text(), () => null);
        seen.events = await new Promise((done) => {
          const source = new EventSource(`${server}/events?images=${image}`);
          source.onmessage = (event) => { source.close(); done(event.data); };
          source.addEventListener("image", source.onmessage);
          source.onerror = () => { source.close(); done(null); };
        });
        seen.width = await new Promise((done) => {
          const picture = new Image();
          picture.onload = () => done(picture.naturalWidth);
          picture.onerror = () => done(null);
          picture.src = `${server}/images/${image}`;
        });
        const frame = document.createElement("iframe");
        frame.name = "frame";
        const loaded = () => new Promise((done) => { frame.onload = done; });
        let next = loaded();
        frame.src = server;
        document.body.append(frame);
        await next;
        const posted = document.createElement("form");
        posted.method = "POST";
        posted.action = server + "/fsck";
        posted.target = "frame";
        document.body.append(posted);
        next = loaded();
        posted.submit();
        await next;
        return seen;"#;
    page.run_async(&script.replace("INPUT", &json!([server.url, image]).to_string())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_changes_nothing_and_learns_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), SHUT);
    post(&server, jpeg(1), "shut").await;
    let image = md5(&jpeg(1));
    let (_, models) = server.get("/models").await;
    let port = start_site(&server.url).await;
    // The first is another site to the browser, the second the same one with another port.
    for origin in [format!("http://localhost:{port}"), format!("http://127.0.0.1:{port}")] {
        browse(&origin, async |page| {
            let seen = attack(page, &server, &image).await;
            let nothing = |(_, seen): (_, &Value)| seen.is_null();
            assert!(seen.as_object().unwrap().iter().all(nothing), "{origin}: {seen:#}");
        })
        .await;
        let (_, view) = server.get(&format!("/predict/{image}")).await;
        let jobs = view["jobs"].as_object().unwrap();
        assert_eq!(jobs.keys().collect::<Vec<_>>(), ["shut"], "{origin}");
        assert!(["QUEUED", "WAITING"].contains(&jobs["shut"]["state"].as_str().unwrap()));
        let (_, now) = server.get("/models").await;
        assert_eq!(now["models"], models["models"], "{origin}");
        assert_eq!(
            now["details"]["shut"]["endpoints"], models["details"]["shut"]["endpoints"],
            "{origin}"
        );
    }
    assert!(!server.program.log().contains("comparing photos"), "nobody has asked for a check");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_made_to_lead_here_is_not_answered_to() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), SHUT);
    post(&server, jpeg(1), "shut").await;
    let image = md5(&jpeg(1));
    let rebound = server.url.replace("127.0.0.1", "rebind.example");
    browse(&rebound, async |page| {
        let script = r#"
            const statuses = {};
            const json = { "content-type": "application/json" };
            for (const [path, body] of INPUT) {
              const options = body ? { method: "POST", headers: json, body: JSON.stringify(body) } : {};
              statuses[path] = (await fetch(path, options)).status;
            }
            return statuses;"#;
        let asked = json!([
            ["/models", null],
            ["/queues", null],
            ["/events", null],
            [format!("/predict/{image}"), null],
            [format!("/images/{image}"), null],
            ["/predict/cancel", {"images": [image]}],
            ["/model/register", {"name": "mine", "port": 5011}],
            ["/fsck", {}],
        ]);
        let script = script.replace("INPUT", &asked.to_string());
        let statuses: Value = page.run_async(&script).await;
        let statuses = statuses.as_object().unwrap();
        assert_eq!(statuses.len(), 8);
        assert!(statuses.values().all(|status| *status == 421), "{statuses:?}");
        let said: String = page.run("return document.body.innerText").await;
        assert!(said.contains("api.allowed_hosts"), "{said}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_opens_the_page_and_a_listed_origin_may_do_all() {
    let folder = tempfile::tempdir().unwrap();
    // The site has to be known before the server starts, and the server before the site links to
    // it.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let site = start_site(&format!("http://127.0.0.1:{port}/")).await;
    let client = format!("http://localhost:{site}");
    let settings =
        format!("[api]\nlisten = \"127.0.0.1:{port}\"\nallowed_origins = [\"{client}\"]\n");
    std::fs::write(folder.path().join("photo.toml"), settings).unwrap();
    let server = Server::new(Program::start("standalone", folder.path(), &[]));
    post(&server, jpeg(1), "average_color").await;
    let image = md5(&jpeg(1));
    browse(&client, async |page| {
        let script = r#"
            const [server, image] = INPUT;
            const form = new FormData();
            form.append("hashes", image);
            form.append("models", "sharpness");
            const posted = await fetch(server + "/predict", { method: "POST", body: form });
            const states = await fetch(server + "/predict/status", {
              method: "POST", headers: { "content-type": "application/json" },
              body: JSON.stringify({ images: [image] }),
            });
            const event = await new Promise((done, failed) => {
              const source = new EventSource(`${server}/events?images=${image}`);
              source.addEventListener("image", () => { source.close(); done("image"); });
              source.onmessage = () => { source.close(); done("message"); };
              source.onerror = failed;
            });
            const picture = new Image();
            picture.src = `${server}/images/${image}`;
            await picture.decode();
            const answer = await fetch(`${server}/images/${image}`);
            return {
              posted: (await posted.json()).images, asked: Object.keys((await states.json()).images).length,
              event, width: picture.naturalWidth, tagged: answer.headers.get("etag") !== null,
            };"#;
        let script = script.replace("INPUT", &json!([server.url, image]).to_string());
        let got: Value = page.run_async(&script).await;
        assert_eq!(got["posted"], json!([image]));
        assert_eq!(got["asked"], 1);
        assert!(got["event"].is_string());
        assert_eq!((&got["width"], &got["tagged"]), (&json!(96), &json!(true)));
    })
    .await;
    // Not listed: it may have a link, and that is all.
    browse(&format!("http://127.0.0.1:{site}"), async |page| {
        page.click("a").await;
        page.wait_for("document.querySelectorAll('#models input').length === 4").await;
        page.assert_no_complaints().await;
        page.open(&format!("{}/docs", server.url)).await;
        page.wait_for("document.querySelector('h1') !== null").await;
    })
    .await;
}
