//! Whoever asks for it is told by a POST once an image is finished.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use photo_core::job::{CallbackEnd, Ending};
use photo_tests::http::Request;
use photo_tests::photos::bmp;
use reqwest::StatusCode;
use reqwest::multipart::Form;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::app::{App, form, json_of, md5, problem};
use crate::receiver::Receiver;

const KEY: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// An app that may call this receiver by its address.
fn app_for(receiver: &Receiver) -> App {
    app_that_may_call(&[&format!("127.0.0.1:{}", receiver.port)], false)
}

fn app_that_may_call(hosts: &[&str], allow_private: bool) -> App {
    let secret = format!("whsec_{KEY}");
    let callbacks = json!({"secret": secret, "allow": hosts, "allow_private": allow_private});
    App::start_with(&json!({"callbacks": callbacks}))
}

fn url(receiver: &Receiver) -> String {
    format!("http://127.0.0.1:{}/hook?of=me", receiver.port)
}

async fn post(app: &App, seed: u64, callback: String) -> String {
    let form = form(&[bmp(seed)], &["sharpness"]).text("callback", callback);
    json_of(app.predict(form).await, StatusCode::ACCEPTED).await;
    md5(&bmp(seed))
}

async fn work(app: &App) {
    for job in app.claim("sharpness").await {
        app.end(&job, Ending::Succeeded(RawValue::from_string("{\"n\": 1}".to_owned()).unwrap()))
            .await;
    }
}

/// What a receiver checks before it believes a word.
fn assert_signed(request: &Request) {
    let [id, timestamp, signature] = ["webhook-id", "webhook-timestamp", "webhook-signature"]
        .map(|name| request.header(name).unwrap());
    let mut mac = Hmac::<Sha256>::new_from_slice(&STANDARD.decode(KEY).unwrap()).unwrap();
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(&request.body);
    let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    assert_eq!(signature, expected);
}

fn image_of(request: &Request) -> String {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    body["image"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn the_final_state_is_posted_as_it_is_answered_and_signed() {
    let mut receiver = Receiver::start(&["204 No Content"]).await;
    let app = app_for(&receiver);
    let image = post(&app, 1, url(&receiver)).await;
    work(&app).await;
    let request = receiver.next().await;
    assert_eq!(request.target, "/hook?of=me");
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("host"), Some(&*format!("127.0.0.1:{}", receiver.port)));
    let view = app.get(&format!("/predict/{image}")).await.bytes().await.unwrap();
    assert_eq!(request.body, view);
    assert_signed(&request);

    // Asked for again it is told again, at once.
    post(&app, 1, url(&receiver)).await;
    let again = receiver.next().await;
    assert_eq!(again.body, view);
    assert_ne!(again.header("webhook-id"), request.header("webhook-id"));
}

#[actix_web::test]
async fn it_may_be_asked_for_in_the_query_and_in_json_and_for_many() {
    let mut receiver = Receiver::start(&["200 OK"]).await;
    let app = app_for(&receiver);
    let encoded: String = url::form_urlencoded::byte_serialize(url(&receiver).as_bytes()).collect();
    let path = format!("/predict?callback={encoded}");
    let photos = [bmp(1), bmp(2)];
    json_of(app.predict_at(&path, form(&photos, &["sharpness"])).await, StatusCode::ACCEPTED).await;
    work(&app).await;
    let mut told = [image_of(&receiver.next().await), image_of(&receiver.next().await)];
    told.sort_unstable();
    let mut expected = photos.map(|photo| md5(&photo));
    expected.sort_unstable();
    assert_eq!(told, expected);

    let body =
        json!({"images": [expected[0]], "models": ["sharpness"], "callback": url(&receiver)});
    json_of(app.post_json("/predict", &body).await, StatusCode::ACCEPTED).await;
    assert_eq!(image_of(&receiver.next().await), expected[0]);
}

#[actix_web::test]
async fn each_request_is_told_of_the_end_of_its_own_jobs() {
    let mut receiver = Receiver::start(&["200 OK"]).await;
    let app = app_for(&receiver);
    let image = post(&app, 1, url(&receiver)).await;
    let other = form(&[bmp(1)], &["average_color"]).text("callback", url(&receiver));
    json_of(app.predict(other).await, StatusCode::ACCEPTED).await;
    work(&app).await;
    let body: Value = serde_json::from_slice(&receiver.next().await.body).unwrap();
    assert_eq!((&body["image"], &body["status"]), (&json!(image), &json!("SUCCEEDED")));
    assert_eq!(body["jobs"].as_object().unwrap().keys().collect::<Vec<_>>(), ["sharpness"]);
    let job = app.claim("average_color").await.remove(0);
    app.end(&job, Ending::Succeeded(RawValue::from_string("2".to_owned()).unwrap())).await;
    let body: Value = serde_json::from_slice(&receiver.next().await.body).unwrap();
    assert_eq!(body["results"], json!({"average_color": 2}));
}

#[actix_web::test]
async fn a_receiver_that_fails_is_told_again_later_with_the_same_id() {
    let mut receiver =
        Receiver::start(&["500 No", "302 There\r\nlocation: /other", "200 OK"]).await;
    let app = app_for(&receiver);
    post(&app, 1, url(&receiver)).await;
    work(&app).await;
    let first = receiver.next().await;
    let mut ids = vec![first.header("webhook-id").unwrap().to_owned()];
    for _ in 0..2 {
        // Another pause each time, and a tenth more at most.
        let mut request = None;
        while request.is_none() {
            app.clock.advance(Duration::from_secs(1));
            request = tokio::time::timeout(Duration::from_millis(100), receiver.next()).await.ok();
        }
        let request = request.unwrap();
        assert_eq!(request.target, "/hook?of=me", "a redirect is not followed");
        assert_signed(&request);
        ids.push(request.header("webhook-id").unwrap().to_owned());
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[actix_web::test]
async fn what_another_api_was_about_to_tell_when_it_died_is_told() {
    let mut receiver = Receiver::start(&["200 OK"]).await;
    let app = app_for(&receiver);
    let image = post(&app, 1, url(&receiver)).await;
    // As another api would that dies then; this one may be faster.
    work(&app).await;
    let leased = app.jobs.lease_callbacks(10, Duration::from_hours(1)).await.unwrap();
    app.clock.advance(Duration::from_hours(1));
    assert_eq!(image_of(&receiver.next().await), image);
    for due in leased {
        app.jobs.end_callback(&due.callback, CallbackEnd::Settled).await.unwrap();
    }
}

#[actix_web::test]
async fn an_image_that_is_asked_to_be_done_again_is_told_when_that_is_done() {
    let mut receiver = Receiver::start(&["200 OK"]).await;
    let app = app_for(&receiver);
    post(&app, 1, url(&receiver)).await;
    work(&app).await;
    receiver.next().await;
    let form =
        form(&[bmp(1)], &["sharpness"]).text("rerun", "true").text("callback", url(&receiver));
    json_of(app.predict(form).await, StatusCode::ACCEPTED).await;
    let job = app.claim("sharpness").await.remove(0);
    assert_eq!(receiver.unread(), 0);
    app.end(&job, Ending::Succeeded(RawValue::from_string("2".to_owned()).unwrap())).await;
    let body: Value = serde_json::from_slice(&receiver.next().await.body).unwrap();
    assert_eq!(body["results"]["sharpness"], 2);
}

#[actix_web::test]
async fn a_name_that_leads_to_a_private_address_is_not_called() {
    let mut receiver = Receiver::start(&["200 OK"]).await;
    let host = format!("localhost:{}", receiver.port);
    let by_name = format!("http://{host}/hook");
    let app = app_that_may_call(&[&host], false);
    post(&app, 1, by_name.clone()).await;
    work(&app).await;
    // It was tried, since it is to be tried again.
    let mut failures = 0;
    while failures == 0 {
        app.clock.advance(Duration::from_mins(5));
        let due = app.jobs.lease_callbacks(1, Duration::ZERO).await.unwrap();
        failures = due.first().map_or(0, |due| due.failures);
        tokio::task::yield_now().await;
    }
    assert_eq!(receiver.unread(), 0);

    let app = app_that_may_call(&[&host], true);
    let image = post(&app, 1, by_name).await;
    work(&app).await;
    assert_eq!(image_of(&receiver.next().await), image);
}

#[actix_web::test]
async fn a_callback_that_is_not_allowed_refuses_the_request() {
    let receiver = Receiver::start(&["200 OK"]).await;
    let app = app_for(&receiver);
    for callback in ["http://127.0.0.1:1/", "http://localhost/", "file:///etc/passwd", "nonsense"] {
        let form = form(&[bmp(1)], &["sharpness"]).text("callback", callback);
        let body = problem(app.predict(form).await, StatusCode::BAD_REQUEST).await;
        assert!(body["detail"].as_str().unwrap().starts_with("`callback` is refused"), "{body}");
        assert!(!body.to_string().contains(KEY));
    }
    app.assert_untouched().await;

    let silent = App::start();
    let form = Form::new().text("models", "sharpness").text("callback", url(&receiver));
    problem(silent.predict(form).await, StatusCode::BAD_REQUEST).await;
    let json = json!({"images": [], "callback": "http://example.org/"});
    problem(silent.post_json("/predict", &json).await, StatusCode::BAD_REQUEST).await;
    silent.assert_untouched().await;
}
