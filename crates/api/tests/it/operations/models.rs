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
    assert_eq!((&answer["status"], &answer["model"]), (&json!("failure"), &json!("m")));
    let detail = answer["detail"].as_str().unwrap();
    assert!(detail.starts_with("Unable to establish successful connection to model."), "{detail}");
    assert!(detail.contains(&format!("http://127.0.0.1:{port}/status")), "{detail}");
    assert!(detail.contains("listens beyond 127.0.0.1"), "{detail}");
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
            from: None,
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
        json!({"name": "m", "socket": "http://h\nFORGED:1"}),
        json!({"name": "m", "socket": " http://127.0.0.1:1"}),
    ] {
        let answer = app.post_json("/model/register", &body).await;
        problem(answer, StatusCode::BAD_REQUEST).await;
    }
}

#[actix_web::test]
async fn an_announcement_adds_nothing_to_a_configured_model_unless_that_says_so() {
    let (configured, other) = (start_service(), start_service());
    let [configured, other] = [configured, other].map(|port| format!("http://127.0.0.1:{port}"));
    let app = App::start_with(&json!({"models": {
        "short": configured,
        "table": {"urls": [configured], "concurrency": 2},
        "open": {"url": configured, "announce": true},
        "nowhere": {"concurrency": 2},
    }}));
    for model in ["short", "table"] {
        // By an api that is configured otherwise, say.
        let announcement = Announcement {
            model: model.parse().unwrap(),
            url: other.clone(),
            lifetime: Duration::from_mins(1),
            from: None,
        };
        app.jobs.announce(&announcement).await.unwrap();
        let body = json!({"name": model, "socket": other});
        let answer = app.post_json("/model/register", &body).await;
        let answer = json_of(answer, StatusCode::FORBIDDEN).await;
        assert_eq!((&answer["status"], &answer["model"]), (&json!("failure"), &json!(model)));
        assert!(answer["detail"].as_str().unwrap().contains("announce = true"), "{answer}");
        let own = json!({"name": model, "socket": configured});
        let answer = json_of(app.post_json("/model/register", &own).await, StatusCode::OK).await;
        assert_eq!(answer["detail"], "Model has already been registered.");
        assert_eq!(endpoints(&app, model).await, json!([configured]));
    }
    for (model, known) in [("open", 2), ("nowhere", 1)] {
        let body = json!({"name": model, "socket": other});
        let answer = json_of(app.post_json("/model/register", &body).await, StatusCode::OK).await;
        assert_eq!(answer["status"], "success");
        assert_eq!(endpoints(&app, model).await.as_array().unwrap().len(), known);
    }
    let queues = json_of(app.get("/queues").await, StatusCode::OK).await;
    let queue = queues["models"].as_array().unwrap().iter().find(|it| it["model"] == "table");
    assert_eq!(queue.unwrap()["endpoints"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn who_announced_a_service_is_told_with_it() {
    let app = App::start();
    let socket = format!("http://127.0.0.1:{}", start_service());
    let before = app.clock.now();
    app.post_json("/model/register", &json!({"name": "m", "socket": socket})).await;
    let models = json_of(app.get("/models").await, StatusCode::OK).await;
    let announced = &models["details"]["m"]["announced"][0];
    assert_eq!((&announced["url"], &announced["from"]), (&json!(socket), &json!("127.0.0.1")));
    let before = json!(before);
    assert!(announced["at"].as_str().unwrap() >= before.as_str().unwrap());
    assert_eq!(models["details"]["sharpness"].get("announced"), None);
}

#[actix_web::test]
async fn nobody_announces_a_service_where_machines_are_told_their_secrets() {
    let app = App::start();
    for host in [
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[::ffff:169.254.169.254]",
        "0.0.0.0",
        "[::]",
        "224.0.0.1",
        "255.255.255.255",
    ] {
        let body = json!({"name": "m", "socket": format!("http://{host}:80")});
        let answer = app.post_json("/model/register", &body).await;
        let answer = json_of(answer, StatusCode::FORBIDDEN).await;
        assert_eq!(answer["status"], "failure", "{host}");
    }
    let models = json_of(app.get("/models").await, StatusCode::OK).await;
    assert_eq!(models["models"], json!(["average_color", "sharpness"]));
}

async fn remove(app: &App, path: &str) -> reqwest::Response {
    app.client.delete(format!("{}/models/{path}", app.url)).send().await.unwrap()
}

#[actix_web::test]
async fn a_model_without_jobs_is_removed_and_what_its_jobs_led_to_stays() {
    let app = App::start();
    let body = json!({"name": "m", "socket": format!("http://127.0.0.1:{}", start_service())});
    app.post_json("/model/register", &body).await;
    json_of(app.predict(form(&[bmp(1)], &["m"])).await, StatusCode::ACCEPTED).await;
    let busy = problem(remove(&app, "m").await, StatusCode::CONFLICT).await;
    assert!(busy["detail"].as_str().unwrap().contains("1 jobs that are not finished"), "{busy}");
    let job = app.claim("m").await.remove(0);
    let result = serde_json::value::RawValue::from_string("[7]".to_owned()).unwrap();
    app.end(&job, photo_core::job::Ending::Succeeded(result)).await;

    let removed = json_of(remove(&app, "m").await, StatusCode::OK).await;
    assert_eq!(removed, json!({"model": "m", "cancelled": 0}));
    let models = json_of(app.get("/models").await, StatusCode::OK).await;
    assert_eq!(models["models"], json!(["average_color", "sharpness"]));
    let queues = json_of(app.get("/queues").await, StatusCode::OK).await;
    assert!(queues["models"].as_array().unwrap().iter().all(|it| it["model"] != "m"), "{queues}");
    problem(app.predict(form(&[bmp(2)], &["m"])).await, StatusCode::BAD_REQUEST).await;
    let view = app.get(&format!("/predict/{}", job.lease.id.image)).await;
    assert_eq!(json_of(view, StatusCode::OK).await["results"]["m"], json!([7]));

    app.post_json("/model/register", &body).await;
    json_of(app.predict(form(&[bmp(2)], &["m"])).await, StatusCode::ACCEPTED).await;
}

#[actix_web::test]
async fn a_model_is_removed_with_its_jobs_if_that_is_asked_for() {
    let app = App::start();
    let body = json!({"name": "m", "socket": format!("http://127.0.0.1:{}", start_service())});
    app.post_json("/model/register", &body).await;
    json_of(app.predict(form(&[bmp(1), bmp(2)], &["m"])).await, StatusCode::ACCEPTED).await;
    let removed = json_of(remove(&app, "m?cancel=true").await, StatusCode::OK).await;
    assert_eq!(removed, json!({"model": "m", "cancelled": 2}));
    let image = crate::app::md5(&bmp(1));
    assert_eq!(app.states(&image).await["m"], "CANCELLED");
}

#[actix_web::test]
async fn a_model_that_is_configured_or_unknown_is_not_removed() {
    let app = App::start();
    let configured = problem(remove(&app, "sharpness").await, StatusCode::CONFLICT).await;
    assert!(configured["detail"].as_str().unwrap().contains("configuration"), "{configured}");
    problem(remove(&app, "nope").await, StatusCode::NOT_FOUND).await;
    problem(remove(&app, "a%20b").await, StatusCode::NOT_FOUND).await;
    problem(remove(&app, "sharpness?cancel=perhaps").await, StatusCode::BAD_REQUEST).await;
}
