//! The page for people, as browsers fetch it. What it does in one is tested in a real browser, by
//! the whole-system tests.

use std::collections::BTreeSet;
use std::path::Path;

use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

use crate::app::{App, json_of, problem};

/// What a browser says that opens an address.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn open(app: &App, method: Method, path: &str) -> Response {
    let request = app.client.request(method, format!("{}{path}", app.url));
    request.header("accept", BROWSER).send().await.unwrap()
}

#[tokio::test]
async fn browsers_see_the_page_and_programs_the_banner() {
    let app = App::start();
    let page = open(&app, Method::GET, "/").await;
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(page.headers()["vary"], "accept");
    assert!(page.text().await.unwrap().starts_with("<!doctype html>"));

    for accept in ["*/*", "application/json", ""] {
        let request = app.client.get(&app.url).header("accept", accept);
        let banner = request.send().await.unwrap();
        assert_eq!(banner.headers()["vary"], "accept");
        let banner = json_of(banner, StatusCode::OK).await;
        assert_eq!(banner["status"], "running", "{accept}");
    }
}

#[tokio::test]
async fn every_part_of_the_page_may_do_only_what_it_must() {
    let app = App::start();
    for path in ["/", "/docs", "/page/main.js", "/page/shared/base.css", "/page/icon.svg"] {
        let part = open(&app, Method::GET, path).await;
        let policy = part.headers()["content-security-policy"].to_str().unwrap();
        for directive in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "frame-ancestors 'none'",
            "form-action 'none'",
            "base-uri 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.split("; ").any(|it| it == directive), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(part.headers()["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(part.headers()["referrer-policy"], "no-referrer", "{path}");
    }
}

#[tokio::test]
async fn what_a_browser_has_is_not_sent_again() {
    let app = App::start();
    let first = open(&app, Method::GET, "/page/main.js").await;
    assert_eq!(first.headers()["cache-control"], "no-cache");
    let tag = first.headers()["etag"].clone();

    let request = app.client.get(format!("{}/page/main.js", app.url));
    let again = request.header("if-none-match", tag.clone()).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(again.headers()["etag"], tag);
    assert!(again.bytes().await.unwrap().is_empty());

    let request = app.client.get(format!("{}/page/main.js", app.url));
    let other = request.header("if-none-match", "\"another\"").send().await.unwrap();
    assert_eq!(other.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_head_has_everything_but_the_body() {
    let app = App::start();
    for path in ["/", "/page/main.js"] {
        let head = open(&app, Method::HEAD, path).await;
        let whole = open(&app, Method::GET, path).await;
        for name in ["content-type", "content-length", "etag", "content-security-policy"] {
            assert_eq!(head.headers()[name], whole.headers()[name], "{path}: {name}");
        }
        assert!(head.bytes().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn files_that_are_not_of_the_page_are_not_served() {
    let app = App::start();
    for path in [
        "/page/nothing.js",
        "/page/",
        "/page/list",
        "/page/..%2fCargo.toml",
        "/page/%2e%2e%2fsrc%2flib.rs",
    ] {
        problem(app.get(path).await, StatusCode::NOT_FOUND).await;
    }
    problem(app.post_json("/page/main.js", &Value::Null).await, StatusCode::METHOD_NOT_ALLOWED)
        .await;
}

#[tokio::test]
async fn everything_the_page_names_is_served_with_its_type() {
    let app = App::start();
    let mut seen = BTreeSet::new();
    let roots = ["index.html", "docs.html", "intake/hash-worker.js", "server/stream-worker.js"];
    let mut left: Vec<String> = roots.map(str::to_owned).into();
    while let Some(name) = left.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let part = open(&app, Method::GET, &format!("/page/{name}")).await;
        assert_eq!(part.status(), StatusCode::OK, "{name}");
        let media_type = part.headers()["content-type"].to_str().unwrap().to_owned();
        let expected = match name.rsplit_once('.').unwrap().1 {
            "html" => "text/html",
            "css" => "text/css",
            "js" => "text/javascript",
            _ => "image/svg+xml",
        };
        assert!(media_type.starts_with(expected), "{name}: {media_type}");
        left.extend(names_in(&name, &part.text().await.unwrap()));
    }
    // Nothing lies about that no one uses.
    assert_eq!(seen, own_files().into_iter().map(|(name, _)| name).collect());
}

#[test]
fn nothing_of_the_page_comes_from_elsewhere_or_takes_text_for_markup() {
    for (name, text) in own_files() {
        let text = text.replace("http://www.w3.org/2000/svg", "");
        for word in [
            "http:",
            "https:",
            "//cdn",
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "DOMParser",
            "createContextualFragment",
            "eval(",
            "new Function",
            "setHTMLUnsafe",
            "javascript:",
            " style=",
            " onclick=",
        ] {
            assert!(!text.contains(word), "{name} has {word}");
        }
    }
}

#[test]
fn the_page_works_below_a_path_of_a_proxy() {
    for (name, text) in own_files() {
        let from_the_root = ["href=\"/", "src=\"/", "fetch(\"/", "\"/page/", "url(/"];
        for mark in from_the_root {
            assert!(!text.contains(mark), "{name} has {mark}");
        }
    }
}

/// The files that a part of the page names: `page/<file>` in HTML, and modules by the way to them.
fn names_in(name: &str, text: &str) -> Vec<String> {
    let after = |mark: &str| {
        let rests = text.split(mark).skip(1);
        let names = rests.filter_map(|rest| rest.split_once(['"', '\'', ')']));
        names.map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
    };
    let folder = name.rsplit_once('/').map(|(folder, _)| folder);
    let beside = |file: String| folder.map_or(file.clone(), |folder| format!("{folder}/{file}"));
    let mut names = after("\"page/");
    names.extend(after("from \"./").into_iter().map(beside));
    // Folders lie in the page's own alone.
    names.extend(after("from \"../"));
    names
}

/// The files of the page in the source tree, with what is in them.
fn own_files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
    files_in(&folder, "")
}

fn files_in(folder: &Path, above: &str) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = entries.flat_map(|entry| {
        let name = format!("{above}{}", entry.file_name().into_string().unwrap());
        if entry.path().is_dir() {
            return files_in(&entry.path(), &format!("{name}/"));
        }
        vec![(name, std::fs::read_to_string(entry.path()).unwrap())]
    });
    files.collect()
}
