//! A request means the same in every spelling that clients have for it, and one that is misspelt is
//! told how it is meant.

use photo_tests::photos::bmp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{App, form, json_of, md5, problem};

async fn upload(app: &App, seed: u64) -> String {
    json_of(app.predict(form(&[bmp(seed)], &["sharpness"])).await, StatusCode::ACCEPTED).await;
    md5(&bmp(seed))
}

/// What a client is told that is refused with this status.
async fn detail(answer: reqwest::Response, status: StatusCode) -> String {
    problem(answer, status).await["detail"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn whatever_is_read_answers_head_as_it_answers_get() {
    let app = App::start();
    let image = upload(&app, 1).await;
    for path in [
        "/",
        "/docs",
        "/openapi.json",
        "/models",
        "/queues",
        "/failures",
        "/health/live",
        "/health/ready",
        &format!("/predict/{image}"),
        &format!("/images/{image}"),
        &format!("/images/{image}?width=160"),
        "/images/nonsense",
        "/events?images=nonsense",
        "/nothing",
    ] {
        let (head, get) =
            tokio::join!(app.client.head(format!("{}{path}", app.url)).send(), app.get(path));
        let head = head.unwrap();
        assert_eq!(head.status(), get.status(), "{path}");
        assert_eq!(head.headers().get("content-type"), get.headers().get("content-type"), "{path}");
        assert_eq!(head.bytes().await.unwrap(), "", "{path}");
    }
    // What never ends is not begun.
    for path in ["/events".to_owned(), format!("/events?images={image}")] {
        let head = app.client.head(format!("{}{path}", app.url)).send().await.unwrap();
        assert_eq!(
            (head.status(), &head.headers()["content-type"]),
            (StatusCode::OK, &"text/event-stream".parse().unwrap())
        );
    }
}

#[actix_web::test]
async fn every_path_may_end_in_a_slash() {
    let app = App::start();
    let image = md5(&bmp(1));
    let answer = app.predict_at("/predict/", form(&[bmp(1)], &["sharpness"])).await;
    json_of(answer, StatusCode::ACCEPTED).await;
    for path in ["/models/", "/queues/", "/failures/?limit=1", "/health/live/", "/openapi.json/"] {
        assert_eq!(app.get(path).await.status(), StatusCode::OK, "{path}");
    }
    for path in [format!("/predict/{image}/"), format!("/images/{image}/")] {
        assert_eq!(app.get(&path).await.status(), StatusCode::OK, "{path}");
    }
    for path in ["/predict/status/", "/predict/check/", "/predict/cancel/", "/predict/retry/"] {
        json_of(app.post_json(path, &json!({"images": [image]})).await, StatusCode::OK).await;
    }
    let docs = app.get("/docs/").await;
    assert_eq!(
        (docs.status(), docs.url().path()),
        (StatusCode::OK, "/docs"),
        "its links are relative"
    );
}

#[actix_web::test]
async fn a_hash_may_be_in_capitals_and_is_answered_without() {
    let app = App::start();
    let image = upload(&app, 1).await;
    let capitals = image.to_uppercase();
    let view = json_of(app.get(&format!("/predict/{capitals}")).await, StatusCode::OK).await;
    assert_eq!(view["image"], image);
    assert_eq!(app.get(&format!("/images/{capitals}")).await.status(), StatusCode::OK);
    let named = json!({"images": [capitals]});
    let status = json_of(app.post_json("/predict/status", &named).await, StatusCode::OK).await;
    assert_eq!(status["images"][&image], view_without_progress(view));
    let check = json_of(app.post_json("/predict/check", &named).await, StatusCode::OK).await;
    assert_eq!(check["missing_images"], json!([]));
    let asked = json!({"images": [capitals], "models": ["average_color"]});
    let accepted = json_of(app.post_json("/predict", &asked).await, StatusCode::ACCEPTED).await;
    assert_eq!(accepted["images"], json!([image]));
    let named_in_form = form(&[], &["sharpness"]).text("hashes", capitals.clone());
    let accepted = json_of(app.predict(named_in_form).await, StatusCode::ACCEPTED).await;
    assert_eq!(accepted["jobs"][0]["image"], image);
    let cancelled = json_of(app.post_json("/predict/cancel", &named).await, StatusCode::OK).await;
    assert_eq!(cancelled["jobs"][0]["image"], image);
    let mut events =
        photo_tests::events::EventReader::new(app.get(&format!("/events?images={capitals}")).await);
    assert_eq!(events.next_of("image").await.data["image"], image);
}

fn view_without_progress(mut view: Value) -> Value {
    view["jobs"]["sharpness"].as_object_mut().unwrap().remove("progress");
    view
}

#[actix_web::test]
async fn a_misspelt_query_is_refused_with_what_it_is_known_to_take() {
    let app = App::start();
    let image = upload(&app, 1).await;
    for (method, path, hint) in [
        (Method::POST, "/predict?modles=sharpness", "\"modles\": did you mean `models`?"),
        (Method::POST, "/predict?verbose", "known here are models, priority, rerun, callback."),
        (Method::GET, &format!("/predict/{image}?waits=5"), "did you mean `wait`?"),
        (Method::GET, &format!("/images/{image}?Width=160"), "did you mean `width`?"),
        (Method::HEAD, "/models?verbose=1", ""),
        (Method::GET, "/models?verbose=1", "this path takes none."),
        (Method::GET, "/failures?limits=1", "did you mean `limit`?"),
        (Method::GET, "/failures?limit=-1", "`limit` is wrong: \"-1\" is not a whole number"),
        (Method::GET, "/events?image=x", "did you mean `images`?"),
        (Method::POST, "/predict/status?models=sharpness", "this path takes none."),
        (Method::POST, "/fsck?dry=true", "\"dry\""),
        (Method::POST, "/fsck?dry_run=perhaps", "\"perhaps\" is not true or false"),
    ] {
        let url = format!("{}{path}", app.url);
        let request = app.client.request(method.clone(), url);
        let request = request.header("content-type", "application/json");
        let answer = request.send().await.unwrap();
        if method == Method::HEAD {
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
            continue;
        }
        let detail = detail(answer, StatusCode::BAD_REQUEST).await;
        assert!(detail.contains(hint), "{path}: {detail}");
    }
    // What libraries add against caches, and what others add to links.
    for path in
        [&format!("/predict/{image}?_=1700000000000"), "/health/live?probe=1", "/?utm_source=x"]
    {
        assert_eq!(app.get(path).await.status(), StatusCode::OK, "{path}");
    }
}

#[actix_web::test]
async fn rerun_needs_no_value() {
    let app = App::start();
    upload(&app, 1).await;
    for job in app.claim("sharpness").await {
        let result = serde_json::value::RawValue::from_string("1".to_owned()).unwrap();
        app.end(&job, photo_core::job::Ending::Succeeded(result)).await;
    }
    for (query, state) in [("", "SUCCEEDED"), ("?rerun=", "SUCCEEDED"), ("?rerun", "QUEUED")] {
        let path = format!("/predict{query}");
        let answer = app.predict_at(&path, form(&[bmp(1)], &["sharpness"])).await;
        let accepted = json_of(answer, StatusCode::ACCEPTED).await;
        assert_eq!(accepted["jobs"][0]["state"], state, "{query}");
    }
}

#[actix_web::test]
async fn a_compressed_body_is_refused_with_the_reason() {
    let app = App::start();
    for path in ["/predict", "/predict/status", "/register"] {
        let post = app.client.post(format!("{}{path}", app.url)).header("content-encoding", "gzip");
        let answer = post.json(&json!({"images": []})).send().await.unwrap();
        assert_eq!(answer.headers()["accept-encoding"], "identity");
        let detail = detail(answer, StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
        assert!(detail.contains("(Content-Encoding: gzip)"), "{detail}");
    }
    let post = app.client.post(format!("{}/predict/status", app.url));
    let plain = post.header("content-encoding", "identity").json(&json!({"images": []})).send();
    json_of(plain.await.unwrap(), StatusCode::OK).await;
}
