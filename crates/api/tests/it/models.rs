//! Which models there are, and how they make themselves known.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::{App as Service, HttpResponse, HttpServer, web};
use photo_core::job::Announcement;
use photo_tests::photos::bmp;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::app::{App, form, json_of, problem};

/// A model service that does nothing but answer `GET /status`; it ends with the test's runtime.
fn start_service() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = HttpServer::new(|| {
        Service::new().route("/status", web::get().to(|| async { HttpResponse::Ok().finish() }))
    });
    tokio::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
    port
}

async fn endpoints(app: &App, model: &str) -> Value {
    let models = json_of(app.get("/models").await, StatusCode::OK).await;
    models["details"][model]["endpoints"].clone()
}

#[actix_web::test]
async fn the_banner_says_that_the_server_runs() {
    let app = App::start();
    let banner = json_of(app.get("/").await, StatusCode::OK).await;
    assert_eq!(banner["status"], "running");
    assert_eq!(banner["limits"]["image_bytes"], 100 << 20);
    assert!(banner["limits"]["formats"].as_array().unwrap().contains(&json!("heic")), "{banner}");
    json_of(app.get("/health/live").await, StatusCode::OK).await;
    json_of(app.get("/health/ready").await, StatusCode::OK).await;
}

#[actix_web::test]
async fn configured_models_are_listed_with_what_they_do() {
    let app = App::start();
    json_of(app.predict(form(&[bmp(1)], &["sharpness"])).await, StatusCode::ACCEPTED).await;
    let models = json_of(app.get("/models").await, StatusCode::OK).await;
    assert_eq!(models["models"], json!(["average_color", "sharpness"]));
    assert_eq!(models["details"]["sharpness"]["queued"], 1);
    assert_eq!(models["details"]["average_color"]["queued"], 0);
    assert_eq!(endpoints(&app, "sharpness").await, json!(["http://localhost:1"]));
}

#[actix_web::test]
async fn a_service_announces_itself_in_every_shape() {
    let app = App::start_with(&json!({"model_defaults": {"host": "127.0.0.1"}}));
    let port = start_service();
    let socket = format!("http://127.0.0.1:{port}");
    let shapes = [
        ("/register", json!({"modelName": "m1", "modelPort": port.to_string()})),
        ("/register/", json!({"modelName": "m2", "modelPort": port})),
        ("/model/register", json!({"modelName": "m3", "modelPort": port.to_string()})),
        ("/model/register", json!({"name": "m4", "port": port.to_string()})),
        ("/model/register", json!({"name": "m5", "port": port})),
        ("/model/register", json!({"name": "m6", "socket": socket})),
    ];
    for (path, body) in shapes {
        let name = body.get("name").or(body.get("modelName")).unwrap();
        let answer = json_of(app.post_json(path, &body).await, StatusCode::OK).await;
        let detail = "Model has been successfully registered to server.";
        assert_eq!(answer, json!({"status": "success", "model": name, "detail": detail}));
        let answer = json_of(app.post_json(path, &body).await, StatusCode::OK).await;
        let detail = "Model has already been registered.";
        assert_eq!(answer, json!({"status": "success", "model": name, "detail": detail}));
        assert_eq!(endpoints(&app, name.as_str().unwrap()).await, json!([socket]));
        let accepted = app.predict(form(&[bmp(1)], &[name.as_str().unwrap()])).await;
        json_of(accepted, StatusCode::ACCEPTED).await;
    }
}

#[actix_web::test]
async fn a_service_that_does_not_answer_is_not_registered() {
    let app = App::start();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let body = json!({"name": "m", "socket": format!("http://127.0.0.1:{port}")});
    let answer = json_of(app.post_json("/model/register", &body).await, StatusCode::OK).await;
    let detail = "Unable to establish successful connection to model.";
    assert_eq!(answer, json!({"status": "failure", "model": "m", "detail": detail}));
    problem(app.predict(form(&[bmp(1)], &["m"])).await, StatusCode::BAD_REQUEST).await;
}

#[actix_web::test]
async fn a_service_that_falls_silent_is_gone_and_its_model_stays_known() {
    let app = App::start();
    let socket = format!("http://127.0.0.1:{}", start_service());
    let body = json!({"name": "m", "socket": socket});
    app.post_json("/model/register", &body).await;
    app.clock.advance(Duration::from_secs(40));
    app.post_json("/model/register", &body).await;
    app.clock.advance(Duration::from_secs(40));
    assert_eq!(endpoints(&app, "m").await, json!([socket]), "an announcement is a sign of life");
    app.clock.advance(Duration::from_secs(6));
    assert_eq!(endpoints(&app, "m").await, json!([]));
    json_of(app.predict(form(&[bmp(1)], &["m"])).await, StatusCode::ACCEPTED).await;
}

#[actix_web::test]
async fn without_the_key_nobody_announces_anything() {
    let app = App::start_with(&json!({"api": {"register_key": "open sesame"}}));
    let body = json!({"name": "m", "socket": format!("http://127.0.0.1:{}", start_service())});
    let post = || app.client.post(format!("{}/model/register", app.url)).json(&body);
    for wrong in [post(), post().header("api_key", "open sesamE"), post().header("api_key", "")] {
        let answer = json_of(wrong.send().await.unwrap(), StatusCode::UNAUTHORIZED).await;
        let detail = "Unable to validate credentials.";
        assert_eq!(answer, json!({"status": "failure", "detail": detail}));
    }
    let answer = post().header("api_key", "open sesame").send().await.unwrap();
    assert_eq!(json_of(answer, StatusCode::OK).await["status"], "success");
}

#[actix_web::test]
async fn no_more_than_a_thousand_models_announce_themselves() {
    let app = App::start();
    let socket = format!("http://127.0.0.1:{}", start_service());
    for n in 0..1000 {
        let announcement = Announcement {
            model: format!("m{n}").parse().unwrap(),
            url: socket.clone(),
            lifetime: Duration::from_mins(1),
        };
        app.jobs.announce(&announcement).await.unwrap();
    }
    let one_more = json!({"name": "one-more", "socket": socket});
    let answer = app.post_json("/model/register", &one_more).await;
    problem(answer, StatusCode::TOO_MANY_REQUESTS).await;
    // Those that are known go on showing signs of life.
    let known = json!({"name": "m7", "socket": socket});
    json_of(app.post_json("/model/register", &known).await, StatusCode::OK).await;
}

#[actix_web::test]
async fn an_announcement_that_makes_no_sense_is_refused() {
    let app = App::start();
    for body in [
        json!({}),
        json!({"name": "m"}),
        json!({"name": "../m", "port": 5011}),
        json!({"name": "m", "port": "many"}),
        json!({"name": "m", "port": 0}),
        json!({"name": "m", "port": 70000}),
        json!({"name": "m", "socket": "file:///etc/passwd"}),
        json!({"name": "m", "socket": "http://user:password@host:1"}),
    ] {
        let answer = app.post_json("/model/register", &body).await;
        problem(answer, StatusCode::BAD_REQUEST).await;
    }
}
