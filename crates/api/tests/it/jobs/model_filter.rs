//! Whoever asks about some models' jobs is told of those alone: what others asked for about the
//! same photo decides nothing.

use photo_core::job::Ending;
use photo_tests::events::EventReader;
use photo_tests::photos::bmp;
use reqwest::StatusCode;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::app::{App, form, json_of, md5, problem};

/// A photo whose `sharpness` has succeeded and whose `average_color` is queued by somebody else.
async fn half_done(app: &App) -> String {
    let models = ["sharpness", "average_color"];
    json_of(app.predict(form(&[bmp(1)], &models)).await, StatusCode::ACCEPTED).await;
    succeed(app, "sharpness").await;
    md5(&bmp(1))
}

async fn succeed(app: &App, model: &str) {
    for job in app.claim(model).await {
        app.end(&job, Ending::Succeeded(RawValue::from_string("1".to_owned()).unwrap())).await;
    }
}

fn models_of(view: &Value) -> Vec<&str> {
    view["jobs"].as_object().unwrap().keys().map(String::as_str).collect()
}

#[actix_web::test]
async fn a_status_is_that_of_the_models_that_are_asked_about() {
    let app = App::start();
    let image = half_done(&app).await;
    for (query, status, models) in [
        ("", "RUNNING", &["average_color", "sharpness"][..]),
        ("?models=sharpness", "SUCCEEDED", &["sharpness"]),
        ("?models=average_color", "QUEUED", &["average_color"]),
        ("?models=sharpness,average_color", "RUNNING", &["average_color", "sharpness"]),
        ("?models=sharpness&models=average_color", "RUNNING", &["average_color", "sharpness"]),
        // Done, so that nothing is waited for.
        ("?models=sharpness&wait=60s", "SUCCEEDED", &["sharpness"]),
    ] {
        let view =
            json_of(app.get(&format!("/predict/{image}{query}")).await, StatusCode::OK).await;
        assert_eq!(
            (&view["status"], models_of(&view)),
            (&json!(status), models.to_vec()),
            "{query}"
        );
    }
    let named = json!({"images": [image], "models": ["sharpness"]});
    let answer = json_of(app.post_json("/predict/status", &named).await, StatusCode::OK).await;
    let view = &answer["images"][&image];
    assert_eq!(
        (&view["status"], &view["results"]),
        (&json!("SUCCEEDED"), &json!({"sharpness": 1}))
    );

    // Cancelled by others, and not mine.
    let cancel = json!({"images": [image], "models": ["average_color"]});
    json_of(app.post_json("/predict/cancel", &cancel).await, StatusCode::OK).await;
    let path = format!("/predict/{image}?models=sharpness");
    assert_eq!(json_of(app.get(&path).await, StatusCode::OK).await["status"], "SUCCEEDED");
}

#[actix_web::test]
async fn a_photo_without_jobs_of_these_models_is_unknown() {
    let app = App::start();
    json_of(app.predict(form(&[bmp(1)], &["sharpness"])).await, StatusCode::ACCEPTED).await;
    let image = md5(&bmp(1));
    let path = format!("/predict/{image}?models=average_color");
    let body = problem(app.get(&path).await, StatusCode::NOT_FOUND).await;
    assert!(body["detail"].as_str().unwrap().starts_with("No job of average_color for"), "{body}");
    let named = json!({"images": [image], "models": ["average_color"]});
    let answer = json_of(app.post_json("/predict/status", &named).await, StatusCode::OK).await;
    assert_eq!(answer, json!({"images": {}, "unknown": [image]}));
}

#[actix_web::test]
async fn models_that_make_no_sense_are_refused() {
    let app = App::start();
    let image = half_done(&app).await;
    for (path, body) in [
        (format!("/predict/{image}?models=nope"), None),
        (format!("/predict/{image}?models="), None),
        (format!("/events?images={image}&models=nope"), None),
        ("/events?models=sharpness".to_owned(), None),
        ("/predict/status".to_owned(), Some(json!({"images": [image], "models": ["nope"]}))),
        ("/predict/status".to_owned(), Some(json!({"images": [image], "models": []}))),
        ("/predict/status".to_owned(), Some(json!({"images": [image], "models": "sharpness"}))),
        ("/predict/events".to_owned(), Some(json!({"images": [image], "models": [1]}))),
    ] {
        let answer = match &body {
            None => app.get(&path).await,
            Some(body) => app.post_json(&path, body).await,
        };
        let problem = problem(answer, StatusCode::BAD_REQUEST).await;
        assert!(
            problem["detail"].as_str().unwrap().contains("models"),
            "{path} {body:?}: {problem}"
        );
    }
}

#[actix_web::test]
async fn a_stream_ends_with_the_jobs_it_is_about() {
    let app = App::start();
    let image = half_done(&app).await;
    let path = format!("/events?images={image}&models=sharpness");
    let mut done = EventReader::new(app.get(&path).await);
    let event = done.next().await.unwrap();
    assert_eq!((&event.data["status"], models_of(&event.data).len()), (&json!("SUCCEEDED"), 1));
    assert_eq!(done.next_of("done").await.data, json!({}));

    let body = json!({"images": [image], "models": ["average_color"]});
    let mut mine = EventReader::new(app.post_json("/predict/events", &body).await);
    assert_eq!(mine.next_of("image").await.data["status"], "QUEUED");
    let mut all = EventReader::new(app.get(&format!("/events?images={image}")).await);
    assert_eq!(all.next_of("image").await.data["status"], "RUNNING");
    // Of what others do nothing is told.
    let rerun = "/predict?rerun&models=sharpness";
    json_of(app.predict_at(rerun, form(&[bmp(1)], &[])).await, StatusCode::ACCEPTED).await;
    assert_eq!(all.next_of("image").await.data["jobs"]["sharpness"]["state"], "QUEUED");
    succeed(&app, "average_color").await;
    loop {
        let event = mine.next().await.unwrap();
        if event.name == "done" {
            break;
        }
        assert_eq!(models_of(&event.data), ["average_color"]);
    }
}

#[actix_web::test]
async fn a_wait_is_over_with_the_jobs_it_is_about() {
    let app = App::start();
    let image = half_done(&app).await;
    let path = format!("/predict/{image}?models=average_color&wait=60s");
    let (view, ()) = tokio::join!(app.get(&path), async {
        // Others have their job done again meanwhile, and it does not end.
        let rerun = app.predict_at("/predict?rerun", form(&[bmp(1)], &["sharpness"])).await;
        json_of(rerun, StatusCode::ACCEPTED).await;
        succeed(&app, "average_color").await;
    });
    assert_eq!(json_of(view, StatusCode::OK).await["status"], "SUCCEEDED");
}
