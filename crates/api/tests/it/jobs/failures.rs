//! What failed, and why.

use std::time::Duration;

use photo_core::job::Ending;
use photo_core::{JobError, JobErrorKind};
use photo_tests::photos::bmp;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::app::{App, form, json_of, md5, problem};

/// Has a photo's job fail like this; answers the photo's hash.
async fn fail(app: &App, photo: u64, model: &str, kind: JobErrorKind, message: &str) -> String {
    json_of(app.predict(form(&[bmp(photo)], &[model])).await, StatusCode::ACCEPTED).await;
    let job = app.claim(model).await.remove(0);
    app.end(&job, Ending::Failed(JobError::new(kind, message))).await;
    app.clock.advance(Duration::from_secs(1));
    md5(&bmp(photo))
}

async fn failures(app: &App, query: &str) -> Value {
    json_of(app.get(&format!("/failures{query}")).await, StatusCode::OK).await
}

#[actix_web::test]
async fn failures_come_in_groups_that_have_their_reason_in_common() {
    let app = App::start();
    let refused = JobErrorKind::Refused;
    let slow = fail(&app, 1, "sharpness", JobErrorKind::Timeout, "no answer within 60 s").await;
    let one = fail(&app, 2, "sharpness", refused, "3 faces in 1d52825755108a2a6df1.jpg").await;
    let two = fail(&app, 3, "sharpness", refused, "11 faces in abcdef0123456789abcd.jpg").await;
    let other = fail(&app, 4, "average_color", refused, "no color").await;

    let answer = failures(&app, "").await;
    assert_eq!(answer["truncated"], false);
    let group = |group: &Value| {
        [&group["model"], &group["kind"], &group["reason"], &group["count"], &group["images"]]
            .map(Clone::clone)
    };
    let groups: Vec<_> = answer["groups"].as_array().unwrap().iter().map(group).collect();
    let expected = [
        [
            json!("sharpness"),
            json!("refused"),
            json!("# faces in #.jpg"),
            json!(2),
            json!([two, one]),
        ],
        [json!("average_color"), json!("refused"), json!("no color"), json!(1), json!([other])],
        [
            json!("sharpness"),
            json!("timeout"),
            json!("no answer within # s"),
            json!(1),
            json!([slow]),
        ],
    ];
    assert_eq!(groups, expected);
    let listed = answer["failures"].as_array().unwrap();
    let images: Vec<&Value> = listed.iter().map(|failure| &failure["image"]).collect();
    assert_eq!(images, [&other, &two, &one, &slow]);
    assert_eq!(answer["groups"][0]["latest_at"], listed[1]["failed_at"]);
    assert_eq!(listed[1]["error"]["message"], "11 faces in abcdef0123456789abcd.jpg");
    assert_eq!((&listed[1]["attempts"], &listed[1]["model"]), (&json!(1), &json!("sharpness")));
}

#[actix_web::test]
async fn failures_of_one_model_are_listed_as_many_as_asked_for() {
    let app = App::start();
    for photo in 1..=3 {
        fail(&app, photo, "sharpness", JobErrorKind::Refused, "no").await;
        fail(&app, photo, "average_color", JobErrorKind::Refused, "no").await;
    }
    let answer = failures(&app, "?model=sharpness&limit=2").await;
    let listed = answer["failures"].as_array().unwrap();
    let images: Vec<&Value> = listed.iter().map(|failure| &failure["image"]).collect();
    assert_eq!(images, [&md5(&bmp(3)), &md5(&bmp(2))]);
    assert!(listed.iter().all(|failure| failure["model"] == "sharpness"));
    assert_eq!(answer["groups"].as_array().unwrap().len(), 1);
    assert_eq!(answer["groups"][0]["count"], 3, "all are looked at");
    assert_eq!(failures(&app, "?limit=0").await["failures"], json!([]));
}

#[actix_web::test]
async fn with_more_failures_than_are_looked_at_the_answer_says_so() {
    let app = App::start();
    for photos in [0..1_000, 1_000..1_001] {
        let photos: Vec<_> = photos.map(bmp).collect();
        json_of(app.predict(form(&photos, &["sharpness"])).await, StatusCode::ACCEPTED).await;
        let failed = Ending::Failed(JobError::new(JobErrorKind::Refused, "no"));
        app.end_all(&app.claim("sharpness").await, failed).await;
    }
    let answer = failures(&app, "").await;
    assert_eq!(
        (&answer["groups"][0]["count"], &answer["truncated"]),
        (&json!(1_000), &json!(true))
    );
    assert_eq!(answer["failures"].as_array().unwrap().len(), 100);
}

#[actix_web::test]
async fn without_failures_there_is_nothing_to_tell() {
    let app = App::start();
    let nothing = json!({"groups": [], "failures": [], "truncated": false});
    assert_eq!(failures(&app, "").await, nothing);
    assert_eq!(failures(&app, "?model=sharpness").await, nothing);
}

#[actix_web::test]
async fn a_question_that_makes_no_sense_is_refused() {
    let app = App::start();
    for query in ["?model=nope", "?model=../x", "?limit=many", "?limit=-1"] {
        let answer = app.get(&format!("/failures{query}")).await;
        problem(answer, StatusCode::BAD_REQUEST).await;
    }
}
