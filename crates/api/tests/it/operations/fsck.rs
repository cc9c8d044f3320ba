//! Comparing photos, records and job store over HTTP.

use std::fs::File;
use std::process::Command;

use photo_tests::photos::bmp;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::app::{App, form, json_of, problem};

async fn fsck(app: &App, query: &str) -> Response {
    app.client.post(format!("{}/fsck{query}", app.url)).send().await.unwrap()
}

/// All lines of a walk, and the report that the last one is.
async fn report(app: &App, query: &str) -> Value {
    let answer = fsck(app, query).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
    let text = answer.text().await.unwrap();
    let mut lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let report = lines.pop().unwrap()["report"].take();
    assert!(report.is_object(), "{text}");
    let mut before = 0;
    assert!(!lines.is_empty());
    for line in lines {
        let shelves = line["progress"]["shelves"].as_u64().unwrap();
        assert!((before..=256).contains(&shelves), "{text}");
        assert_eq!(line["progress"]["of"], 256);
        before = shelves;
    }
    report
}

#[actix_web::test]
async fn what_the_job_store_lost_is_told_and_then_mended() {
    let app = App::start();
    let photos: Vec<_> = (0..3).map(bmp).collect();
    json_of(app.predict(form(&photos, &["sharpness"])).await, StatusCode::ACCEPTED).await;
    let agreed = report(&app, "").await;
    assert_eq!((&agreed["images"], &agreed["agree"]), (&json!(3), &json!(true)), "{agreed}");

    app.lose_jobs();
    let looked = report(&app, "?dry_run=true").await;
    assert_eq!((&looked["queued_again"], &looked["agree"]), (&json!(3), &json!(false)));
    assert!(app.claim("sharpness").await.is_empty(), "looking changes nothing");
    let mended = report(&app, "?dry_run=false").await;
    assert_eq!(mended["queued_again"], 3);
    assert_eq!(app.claim("sharpness").await.len(), 3);
    assert_eq!(report(&app, "").await["agree"], true);
}

#[actix_web::test]
async fn one_walk_at_a_time_is_enough() {
    let app = App::start();
    json_of(app.predict(form(&[bmp(1)], &["sharpness"])).await, StatusCode::ACCEPTED).await;
    // Whoever reads this record waits until somebody writes it.
    let record = app.image_files().into_iter().find(|it| it.extension().unwrap() == "jsonl");
    let record = record.unwrap();
    std::fs::remove_file(&record).unwrap();
    assert!(Command::new("mkfifo").arg(&record).status().unwrap().success());

    let mut first = fsck(&app, "").await;
    let begun = first.chunk().await.unwrap().unwrap();
    assert!(begun.starts_with(b"{\"progress\":{\"shelves\":0,"), "{begun:?}");
    let refusal = problem(fsck(&app, "").await, StatusCode::CONFLICT).await;
    assert_eq!(refusal["title"], "Check under way");

    // Gone before the walk comes by again, which would wait for another writer.
    let text = tokio::task::spawn_blocking(move || {
        let text = File::options().write(true).open(&record);
        std::fs::remove_file(&record).and(text)
    });
    drop(text.await.unwrap().unwrap());
    while first.chunk().await.unwrap().is_some() {}
}

#[actix_web::test]
async fn a_question_that_makes_no_sense_is_refused() {
    let app = App::start();
    problem(fsck(&app, "?dry_run=maybe").await, StatusCode::BAD_REQUEST).await;
    let answer = app.get("/fsck").await;
    problem(answer, StatusCode::METHOD_NOT_ALLOWED).await;
}
