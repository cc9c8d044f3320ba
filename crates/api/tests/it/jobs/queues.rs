//! What there is to do, and who does it.

use std::time::Duration;

use photo_core::job::{Ending, EndpointState};
use photo_core::{JobError, JobErrorKind};
use photo_tests::photos::bmp;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::app::{App, form, json_of};
use crate::jobs::progress::{report, report_as};

async fn queues(app: &App) -> Value {
    json_of(app.get("/queues").await, StatusCode::OK).await
}

fn model<'a>(queues: &'a Value, name: &str) -> &'a Value {
    let models = queues["models"].as_array().unwrap();
    models.iter().find(|model| model["model"] == name).unwrap_or_else(|| panic!("{queues}"))
}

async fn post(app: &App, photo: u64, query: &str) {
    let answer =
        app.predict_at(&format!("/predict{query}"), form(&[bmp(photo)], &["sharpness"])).await;
    json_of(answer, StatusCode::ACCEPTED).await;
}

#[actix_web::test]
async fn every_model_tells_what_there_is_to_do() {
    let app = App::start();
    for (photo, query) in [
        (1, ""),
        (2, ""),
        (3, ""),
        (4, "?priority=high"),
        (5, "?priority=low"),
        (6, "?priority=low"),
    ] {
        post(&app, photo, query).await;
    }
    let claimed = app.claim("sharpness").await;
    let error = || JobError::new(JobErrorKind::Refused, "no");
    app.end(&claimed[0], Ending::Failed(error())).await;
    let after = Duration::from_mins(5);
    app.end(&claimed[1], Ending::Retry { after, error: error() }).await;
    for photo in 7..=8 {
        post(&app, photo, "").await;
    }
    post(&app, 9, "?priority=low").await;

    let queues = queues(&app).await;
    let busy = model(&queues, "sharpness");
    assert_eq!(busy["queued"], json!({"high": 0, "normal": 2, "low": 1}), "{busy}");
    assert_eq!([&busy["waiting"], &busy["running"], &busy["failed"]], [1, 4, 1]);
    assert_eq!((&busy["concurrency"], &busy["hold"]), (&json!(4), &Value::Null));
    assert!(busy["oldest_queued_at"].is_string());
    assert_eq!(busy["counters"]["submitted"], 9);

    let idle = model(&queues, "average_color");
    assert_eq!(idle["queued"], json!({"high": 0, "normal": 0, "low": 0}));
    assert_eq!((&idle["oldest_queued_at"], &idle["rate_per_second"]), (&Value::Null, &Value::Null));
    assert_eq!(queues["models"].as_array().unwrap().len(), 2);
    assert!(queues["at"].is_string());
}

#[actix_web::test]
async fn endpoints_are_as_the_dispatchers_see_them() {
    let app = App::start();
    let before = queues(&app).await;
    let unknown = json!([{"url": "http://localhost:1", "state": "unknown", "in_flight": 0}]);
    assert_eq!(model(&before, "sharpness")["endpoints"], unknown);
    assert_eq!(before["dispatchers"], json!([]));

    report(&app, EndpointState::Down).await;
    let queues_now = queues(&app).await;
    let down = json!([{
        "url": "http://localhost:1", "state": "down", "reason": "connection refused",
        "since": "2023-11-14T22:13:20.000Z", "in_flight": 2,
    }]);
    assert_eq!(model(&queues_now, "sharpness")["endpoints"], down);
    let dispatcher = &queues_now["dispatchers"][0];
    assert_eq!((&dispatcher["host"], &dispatcher["pid"]), (&json!("host"), &json!(42)));
    assert_eq!((&dispatcher["in_flight"], &dispatcher["stopping"]), (&json!(3), &json!(false)));
    assert!(dispatcher["seen_at"].is_string() && dispatcher["id"].is_string());

    // One that reaches it is enough.
    report(&app, EndpointState::Up).await;
    let queues_now = queues(&app).await;
    let up = json!([{"url": "http://localhost:1", "state": "up", "in_flight": 4}]);
    assert_eq!(model(&queues_now, "sharpness")["endpoints"], up);
    assert_eq!(queues_now["dispatchers"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn an_endpoint_that_no_dispatcher_has_called_is_not_known_to_be_up() {
    let app = App::start();
    let seen = async |untried| {
        report_as(&app, EndpointState::Up, untried).await;
        model(&queues(&app).await, "sharpness")["endpoints"][0]["state"].clone()
    };
    assert_eq!(seen(true).await, "unknown");
    assert_eq!(seen(false).await, "up");
    assert_eq!(seen(true).await, "up", "one that called it is enough");
}

#[actix_web::test]
async fn a_model_that_is_held_says_why_and_one_nobody_configured_is_there() {
    let app = App::start();
    let down = JobError::new(JobErrorKind::NotReady, "still loading");
    app.jobs.hold(&"held".parse().unwrap(), Some(&down), Duration::from_mins(1)).await.unwrap();
    let queues = queues(&app).await;
    let held = json!({"kind": "not_ready", "message": "still loading"});
    assert_eq!(model(&queues, "held")["hold"], held);
    let names: Vec<_> =
        queues["models"].as_array().unwrap().iter().map(|it| &it["model"]).collect();
    assert_eq!(names, ["average_color", "held", "sharpness"]);
}

#[actix_web::test]
async fn the_rate_is_that_of_late() {
    let app = App::start();
    post(&app, 1, "").await;
    queues(&app).await;
    let claimed = app.claim("sharpness").await.remove(0);
    app.end(&claimed, Ending::Failed(JobError::new(JobErrorKind::Refused, "no"))).await;
    // One moment is no rate.
    app.clock.advance(Duration::from_secs(2));
    let queues = queues(&app).await;
    let rate = model(&queues, "sharpness")["rate_per_second"].as_f64().unwrap();
    assert!(rate > 0.0 && rate <= 1.0, "{rate}");
}
