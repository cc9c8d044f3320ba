//! Pages of other sites, names that lead here, and bodies that say what they are.

use photo_tests::photos::bmp;
use reqwest::header::{HOST, HeaderMap};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::app::{App, form, json_of, md5, problem};

/// What a browser says of a page's request.
type Marks<'a> = &'a [(&'a str, &'a str)];

const CLIENT: &str = "http://localhost:3000";

/// How browsers mark what a page of another site asks for.
const FROM_ELSEWHERE: [Marks<'_>; 5] = [
    &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")],
    &[("sec-fetch-site", "same-site"), ("origin", CLIENT)],
    &[("origin", "https://evil.example")],
    &[("origin", "null")],
    // A link, but not to what is made for people, or not in a window of its own.
    &[
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "iframe"),
    ],
];

fn marked(request: RequestBuilder, marks: Marks<'_>) -> RequestBuilder {
    marks.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

fn ask(app: &App, method: &str, path: &str, marks: Marks<'_>) -> RequestBuilder {
    let method = method.parse::<Method>().unwrap();
    marked(app.client.request(method, format!("{}{path}", app.url)), marks)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[actix_web::test]
async fn whatever_a_page_of_another_site_asks_for_is_refused() {
    let app = App::start();
    let document = photo_api::openapi_document();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let path = path.replace("{image}", &"0".repeat(32)).replace("{model}", "sharpness");
        for method in operations.as_object().unwrap().keys().filter(|it| *it != "head") {
            for marks in FROM_ELSEWHERE {
                let request = ask(&app, &method.to_uppercase(), &path, marks);
                let answer = request.send().await.unwrap();
                assert_eq!(header(answer.headers(), "access-control-allow-origin"), "");
                let body = problem(answer, StatusCode::FORBIDDEN).await;
                let detail = body["detail"].as_str().unwrap();
                assert!(detail.contains("api.allowed_origins"), "{method} {path}: {detail}");
            }
        }
    }
    let preflight = ask(&app, "OPTIONS", "/predict/cancel", FROM_ELSEWHERE[2])
        .header("access-control-request-method", "POST");
    problem(preflight.send().await.unwrap(), StatusCode::FORBIDDEN).await;

    let photo = ask(&app, "POST", "/predict", FROM_ELSEWHERE[2]);
    let photo = photo.multipart(form(&[bmp(1)], &["sharpness"]));
    problem(photo.send().await.unwrap(), StatusCode::FORBIDDEN).await;
    app.assert_untouched().await;
}

#[actix_web::test]
async fn a_page_of_a_listed_origin_may_use_the_server() {
    let app = App::start_with(&json!({"api": {"allowed_origins": [CLIENT]}}));
    let marks: Marks<'_> = &[("origin", CLIENT), ("sec-fetch-site", "same-site")];
    let preflight = ask(&app, "OPTIONS", "/predict", marks)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,x-client")
        .header("access-control-request-private-network", "true");
    let answer = preflight.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    let said = |name: &str| header(answer.headers(), name).to_owned();
    assert_eq!(said("access-control-allow-origin"), CLIENT);
    assert_eq!(said("access-control-allow-headers"), "content-type,x-client");
    assert_eq!(said("access-control-allow-private-network"), "true");
    assert!(said("access-control-allow-methods").contains("POST"));

    let photo = ask(&app, "POST", "/predict", marks);
    let answer = photo.multipart(form(&[bmp(1)], &["sharpness"])).send().await.unwrap();
    assert_eq!(header(answer.headers(), "access-control-allow-origin"), CLIENT);
    assert!(header(answer.headers(), "access-control-expose-headers").contains("retry-after"));
    assert_eq!(header(answer.headers(), "vary"), "origin");
    json_of(answer, StatusCode::ACCEPTED).await;

    // Refusals are for it to read too.
    let answer = ask(&app, "GET", "/nowhere", marks).send().await.unwrap();
    assert_eq!(header(answer.headers(), "access-control-allow-origin"), CLIENT);
    problem(answer, StatusCode::NOT_FOUND).await;

    // An image on the page comes without `Origin`.
    let path = format!("/images/{}", md5(&bmp(1)));
    let image: Marks<'_> =
        &[("sec-fetch-site", "same-site"), ("referer", "http://localhost:3000/gallery")];
    let answer = ask(&app, "GET", &path, image).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(header(answer.headers(), "cross-origin-resource-policy"), "cross-origin");

    for marks in [FROM_ELSEWHERE[0], FROM_ELSEWHERE[2], FROM_ELSEWHERE[3]] {
        let answer = ask(&app, "GET", "/models", marks).send().await.unwrap();
        problem(answer, StatusCode::FORBIDDEN).await;
    }
    let program = app.get("/models").await;
    assert_eq!(header(program.headers(), "vary"), "origin");
    assert_eq!(header(program.headers(), "cross-origin-resource-policy"), "same-origin");
    assert_eq!(header(program.headers(), "x-content-type-options"), "nosniff");
}

#[actix_web::test]
async fn a_link_from_elsewhere_opens_the_page_and_the_reference() {
    let app = App::start();
    let link: Marks<'_> = &[
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("accept", "text/html"),
    ];
    for path in ["/", "/docs"] {
        let answer = ask(&app, "GET", path, link).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(header(answer.headers(), "content-type"), "text/html; charset=utf-8");
    }
    for (method, path) in [("POST", "/"), ("GET", "/models"), ("GET", "/events")] {
        let answer = ask(&app, method, path, link).send().await.unwrap();
        problem(answer, StatusCode::FORBIDDEN).await;
    }
}

#[actix_web::test]
async fn over_loopback_the_server_answers_to_its_own_names_alone() {
    let app = App::start_with(&json!({"api": {"allowed_hosts": ["photos.example.org"]}}));
    let call = async |host: &str| {
        app.client.get(format!("{}/models", app.url)).header(HOST, host).send().await.unwrap()
    };
    for host in ["localhost", "localhost:1", "[::1]:5000", "photos.example.org"] {
        json_of(call(host).await, StatusCode::OK).await;
    }
    for host in ["rebind.example", "rebind.example:5000", "10.0.0.7:5000"] {
        let body = problem(call(host).await, StatusCode::MISDIRECTED_REQUEST).await;
        let detail = body["detail"].as_str().unwrap();
        assert!(detail.contains(host) && detail.contains("api.allowed_hosts"), "{detail}");
    }
}

#[actix_web::test]
async fn a_body_that_is_not_said_to_be_what_the_path_takes_is_refused() {
    let app = App::start();
    let paths = [
        "/predict?models=sharpness",
        "/predict/check",
        "/predict/events",
        "/predict/status",
        "/predict/cancel",
        "/predict/retry",
        "/register",
        "/register/",
        "/model/register",
        "/model/register/",
    ];
    let body = json!({"images": [], "name": "m", "port": 5011}).to_string();
    for path in paths {
        for media_type in ["text/plain", "application/x-www-form-urlencoded", "json", ""] {
            let request = app.client.post(format!("{}{path}", app.url)).body(body.clone());
            let request = match media_type {
                "" => request,
                _ => request.header("content-type", media_type),
            };
            let answer = request.send().await.unwrap();
            let body = problem(answer, StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
            let detail = body["detail"].as_str().unwrap();
            assert!(detail.contains("application/json"), "{path} {media_type}: {detail}");
        }
    }
    let models = json_of(app.get("/models").await, StatusCode::OK).await;
    assert_eq!(models["models"], json!(["average_color", "sharpness"]));

    let question = json!({"images": [md5(&bmp(1))], "models": ["sharpness"]}).to_string();
    let request = app.client.post(format!("{}/predict/check", app.url)).body(question);
    let request = request.header("content-type", "Application/JSON; charset=utf-8");
    let answer: Value = json_of(request.send().await.unwrap(), StatusCode::OK).await;
    assert_eq!(answer["missing_images"], json!([md5(&bmp(1))]));
}
