//! Model services that mean harm: whatever they answer is a clear failure of their own jobs, is
//! read no further than it has to be, and is never taken for a result.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use photo_config::Protocol;
use photo_core::JobError;
use photo_core::JobErrorKind as Kind;
use photo_core::JobState::{Failed, Succeeded, Waiting};

use crate::fake_service::{FakeService, GOOD, Takes};
use crate::hostile_service::Then::{Close, Forever, Hold, Reset, Slowly};
use crate::hostile_service::{HostileService, OK, Script, answer, script};
use crate::world::{World, eventually};

/// More than the system keeps of what one side has written and the other not read.
const MOST_UNREAD: usize = 64 << 20;

/// A world whose one model is this service, which has one attempt.
fn world_of(service: &HostileService) -> World {
    let mut world = World::with_wood(&[]);
    world.wood().url = Some(service.url.parse().unwrap());
    world.wood().protocol = Some(Protocol::Multipart);
    world.wood().max_attempts = Some(1);
    world.wood().max_answer_bytes = Some("50kB".parse().unwrap());
    world
}

/// What a job fails of whose service does this, in a time that is enough or is not.
async fn failure(script: Script, timeout: Option<Duration>) -> JobError {
    let service = HostileService::start(move |_| script.clone()).await;
    let mut world = world_of(&service);
    world.wood().timeout = timeout;
    let image = world.ask(1).await;
    let _dispatcher = world.start();
    let error = world.until(image, Failed).await.error.unwrap();
    service.until_left().await;
    // What comes for as long as there is time may be any number of bytes: none is kept.
    let most = if timeout.is_some() { usize::MAX } else { MOST_UNREAD };
    assert!(service.written() < most, "{} bytes, {error}", service.written());
    error
}

#[tokio::test]
async fn an_answer_without_end_fails_and_is_left() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    for (first, then) in [
        (format!("{OK}{{\"result\": \""), Forever(b"x")),
        (format!("{OK}{{\"result\": "), Forever(b"[")),
        (chunked.to_owned(), Forever(b"4\r\n    \r\n")),
        ("HTTP/1.1 200 OK\r\ncontent-length: 999999999999\r\n\r\n".to_owned(), Forever(b" ")),
    ] {
        let error = failure(script(first, then), None).await;
        assert_eq!(error.kind, Kind::BadAnswer);
        assert_eq!(error.message, "the answer is longer than the limit of 50000 bytes");
    }
}

#[tokio::test]
async fn a_refusal_without_end_is_a_refusal_with_a_few_words() {
    let error = failure(script("HTTP/1.1 400 No\r\n\r\n", Forever(b"no ")), None).await;
    assert_eq!((error.kind, error.http_status), (Kind::Refused, Some(400)));
    assert!(error.message.len() <= 500 && error.message.starts_with("no no "), "{error}");
}

#[tokio::test]
async fn a_head_without_end_fails_and_is_left() {
    for (first, then) in [
        ("HTTP/1.1 200 OK\r\n", Forever(b"x: 1\r\n".as_slice())),
        ("HTTP/1.1 200 OK\r\nx: ", Forever(b"1")),
        ("HTTP/1.1 200 ", Forever(b"OK")),
        ("", Forever(b"\0\xFF\x80GARBAGE")),
        ("", Forever(b"\r\n")),
        ("{\"result\": 1}\r\n\r\n", Close),
        ("HTTP/9.9 200 OK\r\n\r\n{\"result\": 1}", Close),
        ("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{\"result\": 1}", Close),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 13\r\n\r\n{\"result\": 1}",
            Close,
        ),
        ("HTTP/1.1 200", Reset),
    ] {
        let error = failure(script(first, then), None).await;
        assert_eq!(error.kind, Kind::ServerError, "{first:?}");
        assert!(error.message.starts_with("the service broke off before it answered: "), "{error}");
    }
}

#[tokio::test]
async fn a_service_that_dribbles_runs_out_of_time() {
    let soon = Some(Duration::from_millis(300));
    for (first, then) in [
        (OK, Slowly(b" ".as_slice())),
        ("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{", Slowly(b"1")),
        ("HTTP/1.1 200 OK\r\n", Slowly(b"x")),
        ("", Slowly(b"HTTP/1.1 100 Continue\r\n\r\n")),
        ("", Forever(b"HTTP/1.1 102 Processing\r\n\r\n")),
        ("", Hold),
    ] {
        let error = failure(script(first, then), soon).await;
        assert_eq!(error.kind, Kind::Timeout, "{first:?}: {error}");
        assert_eq!(error.message, "the service did not answer within 300ms");
    }
}

#[tokio::test]
async fn a_body_that_is_not_what_its_head_says_is_a_bad_answer() {
    let head = |headers: &str| format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n");
    let chunked = head("transfer-encoding: chunked");
    for (first, then, words) in [
        (head("content-length: 99") + "{\"result\": 1}", Close, "broke in the middle"),
        (head("content-length: 99") + "{\"result\": 1}", Reset, "broke in the middle"),
        (head("content-length: 9") + "{\"result\": 1}", Close, "not a JSON object: EOF"),
        (head("content-length: 0") + "{\"result\": 1}", Close, "not a JSON object"),
        (chunked.clone() + "d\r\n{\"result\": 1}\r\n", Close, "broke in the middle"),
        (chunked.clone() + "FFFFFFFFFFFFFFFFF\r\n{}", Close, "broke in the middle"),
        (chunked + "d;", Forever(b"x"), "broke in the middle"),
        (head("content-encoding: gzip") + "\x1f\x08", Forever(b"\0"), "compressed"),
        (head("content-encoding: br") + "{\"result\": 1}", Close, "compressed"),
        ("HTTP/1.1 204 No Content\r\n\r\n".to_owned(), Close, "not a JSON object"),
    ] {
        let error = failure(script(first.clone(), then), None).await;
        assert_eq!(error.kind, Kind::BadAnswer, "{first:?}: {error}");
        assert!(error.message.contains(words), "{first:?}: {error}");
    }
}

#[tokio::test]
async fn json_that_readers_stumble_over_is_a_bad_answer() {
    let deep = format!(r#"{{"result": {}1{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
    for (body, words) in [
        (deep.as_str(), "nested deeper than 100 levels"),
        (r#"{"result": 1, "result": 2}"#, "duplicate field `result`"),
        (r#"{"result": NaN}"#, "expected value"),
        ("\u{feff}{\"result\": 1}", "does not begin with `{`"),
        (r#"{"result": 1}{"result": 2}"#, "trailing characters"),
    ] {
        let error = failure(answer("200 OK", body), None).await;
        assert_eq!(error.kind, Kind::BadAnswer, "{error}");
        assert!(error.message.contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = FakeService::start(Takes::Multipart);
    for status in ["301 Moved Permanently", "302 Found", "303 See Other", "307 Moved", "308 Moved"]
    {
        let url = &elsewhere.url;
        let head =
            format!("HTTP/1.1 {status}\r\nlocation: {url}/predict\r\ncontent-length: 0\r\n\r\n");
        let service = HostileService::start(move |_| script(head.clone(), Close)).await;
        let world = world_of(&service);
        let image = world.ask(1).await;
        let _dispatcher = world.start();
        let job = world.until(image, Waiting).await;
        let error = job.error.or(job.held_by_model).unwrap();
        assert!(error.message.contains("sends us elsewhere"), "{error}");
        assert_eq!(job.failures, 0);
    }
    assert!(elsewhere.calls().is_empty());
}

#[tokio::test]
async fn an_answer_to_a_question_not_asked_yet_is_never_taken_for_its_answer() {
    let calls = AtomicUsize::new(0);
    let service = HostileService::start(move |_| {
        let honest = answer("200 OK", r#"{"result": "honest"}"#);
        if calls.fetch_add(1, Ordering::SeqCst) > 0 {
            return honest;
        }
        let forged = answer("200 OK", r#"{"result": "forged"}"#);
        script([honest.first, forged.first].concat(), Hold)
    })
    .await;
    let mut world = world_of(&service);
    world.wood().concurrency = Some(1);
    let images = [world.ask(1).await, world.ask(2).await];
    let _dispatcher = world.start();
    for image in images {
        let job = world.until(image, Succeeded).await;
        assert_eq!(job.result.unwrap().get(), r#""honest""#);
    }
}

#[tokio::test]
async fn a_hostile_description_does_not_keep_photos_from_the_model() {
    for then in [Forever(b"{\"paths\": "), Close, Reset, Slowly(b" ")] {
        let service = HostileService::start(move |path| match path {
            "/openapi.json" => script(OK, then),
            _ => answer("200 OK", GOOD),
        })
        .await;
        let mut world = world_of(&service);
        world.wood().protocol = Some(Protocol::Auto);
        let image = world.ask(1).await;
        let _dispatcher = world.start();
        assert_eq!(world.until(image, Succeeded).await.attempts, 1);
    }
}

#[tokio::test]
async fn a_hostile_status_keeps_jobs_waiting_and_nothing_more() {
    let redirect = "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n";
    let encoded = "HTTP/1.1 503 Later\r\ncontent-encoding: gzip\r\n\r\n";
    for (first, then) in [
        ("HTTP/1.1 503 Later\r\n\r\n{\"detail\": \"", Forever(b"later ".as_slice())),
        ("HTTP/1.1 200 OK\r\n", Forever(b"x: 1\r\n")),
        (redirect, Close),
        (encoded, Forever(b"\0")),
        ("", Reset),
    ] {
        let (asked, well) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (noted, is_well) = (Arc::clone(&asked), Arc::clone(&well));
        let service = HostileService::start(move |path| {
            let is_well = is_well.load(Ordering::SeqCst);
            match path {
                "/status" if !is_well => {
                    noted.fetch_add(1, Ordering::SeqCst);
                    script(first, then)
                }
                "/status" => answer("200 OK", "{}"),
                _ if is_well => answer("200 OK", GOOD),
                _ => answer("503 Later", ""),
            }
        })
        .await;
        let mut world = world_of(&service);
        world.wood().concurrency = Some(1);
        let images = [world.ask(1).await, world.ask(2).await];
        let _dispatcher = world.start();
        world.until(images[1], Waiting).await;
        eventually("it was asked for its status again", async || {
            (asked.load(Ordering::SeqCst) > 1).then_some(())
        })
        .await;
        well.store(true, Ordering::SeqCst);
        for image in images {
            assert_eq!(world.until(image, Succeeded).await.failures, 0, "{first:?}");
        }
        service.until_left().await;
    }
}
