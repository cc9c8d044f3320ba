//! Photos in, states out.

use actix_multipart::{Multipart, MultipartError};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{TryStreamExt, stream};
use photo_core::PhotoHasher;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Shared, State, problem, unknown_models};

pub fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/predict/check", web::post().to(check))
        .route("/predict/status", web::post().to(status))
        .route("/predict", web::post().to(predict))
        .route("/predict/{image}", web::get().to(show));
}

#[derive(Deserialize)]
struct Question {
    images: Vec<String>,
    #[serde(default)]
    models: Vec<String>,
    #[serde(default)]
    priority: Value,
    #[serde(default)]
    rerun: bool,
    #[serde(default)]
    callback: Value,
}

async fn check(shared: web::Data<Shared>, question: web::Json<Question>) -> HttpResponse {
    if let Err(failure) = shared.begin("/predict/check").await {
        return failure;
    }
    if let Some(failure) = unknown_models(&question.models) {
        return failure;
    }
    let state = shared.state();
    let images = question.images.iter().filter(|image| !state.photos.contains(*image));
    let mut jobs = Vec::new();
    for image in &question.images {
        for model in &question.models {
            if !state.jobs.contains_key(&(image.clone(), model.clone())) {
                jobs.push(json!({"image": image, "model": model}));
            }
        }
    }
    let images: Vec<&String> = images.collect();
    HttpResponse::Ok().json(json!({"missing_images": images, "missing_jobs": jobs}))
}

async fn predict(
    shared: web::Data<Shared>,
    request: HttpRequest,
    body: web::Payload,
) -> HttpResponse {
    let loses_answer = match shared.begin("/predict").await {
        Ok(loses_answer) => loses_answer,
        Err(failure) => return failure,
    };
    let is_json = request.headers().get("content-type").is_some_and(|it| it == "application/json");
    let answer = if is_json {
        by_hash(&shared, &serde_json::from_slice(&body.to_bytes().await.unwrap()).unwrap())
    } else {
        match by_form(&shared, &request, body).await {
            Ok(answer) => answer,
            // The client is gone.
            Err(_) => return problem(400, "The form ends in the middle.", json!({})),
        }
    };
    if loses_answer && answer.status().is_success() {
        let cut = stream::once(async { Err::<web::Bytes, _>(std::io::Error::other("cut")) });
        return HttpResponse::Accepted().streaming(cut);
    }
    answer
}

fn by_hash(shared: &Shared, question: &Question) -> HttpResponse {
    if let Some(failure) = unknown_models(&question.models) {
        return failure;
    }
    shared.change(|state| {
        let missing = question.images.iter().filter(|image| !state.photos.contains(*image));
        let missing: Vec<&String> = missing.collect();
        if !missing.is_empty() {
            return problem(404, "Unknown photos.", json!({"missing_images": missing}));
        }
        if question.images.len() > state.max_photos {
            return problem(413, "Too many photos.", json!({}));
        }
        state.by_hash += question.images.len();
        state.asked = json!({
            "models": question.models, "priority": question.priority, "rerun": question.rerun,
            "callback": question.callback,
        });
        accept(state, &question.images, &question.models, question.rerun)
    })
}

async fn by_form(
    shared: &Shared,
    request: &HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, MultipartError> {
    let query: Vec<(String, String)> = parse(request.query_string());
    let get = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    let models: Vec<String> = get("models").unwrap().split(',').map(str::to_owned).collect();
    if let Some(failure) = unknown_models(&models) {
        return Ok(failure);
    }
    let mut form = Multipart::new(request.headers(), body);
    let (mut images, mut refused) = (Vec::new(), Vec::new());
    while let Some(mut part) = form.try_next().await? {
        assert_eq!(part.name(), Some("images"));
        let mut hasher = PhotoHasher::default();
        while let Some(bytes) = part.try_next().await? {
            hasher.update(&bytes);
        }
        let image = hasher.finish().key.to_string();
        let mut state = shared.state();
        *state.received.entry(image.clone()).or_default() += 1;
        images.push(image);
        let number = images.len();
        if number > state.max_photos {
            return Ok(problem(413, "Too many photos.", json!({})));
        }
        if state.unwanted.contains(&images[number - 1]) {
            if state.tells_all_unwanted {
                refused.push(json!({"position": number, "reason": "is no good"}));
                continue;
            }
            let detail =
                format!("Photo {number} of the form is no good. Nothing of the request was kept.");
            return Ok(problem(415, &detail, json!({"photo": number})));
        }
    }
    if let Some(first) = refused.first() {
        let members = json!({"photo": first["position"], "refused_images": refused});
        return Ok(problem(415, "Some photos of the form are no good.", members));
    }
    Ok(shared.change(|state| {
        state.photos.extend(images.iter().cloned());
        state.forms.push(images.len());
        state.asked = json!({
            "models": models, "priority": get("priority"), "rerun": get("rerun"),
            "callback": get("callback"),
        });
        accept(state, &images, &models, get("rerun").is_some())
    }))
}

fn parse(query: &str) -> Vec<(String, String)> {
    web::Query::<Vec<(String, String)>>::from_query(query).unwrap().into_inner()
}

fn accept(state: &mut State, images: &[String], models: &[String], rerun: bool) -> HttpResponse {
    let mut jobs = Vec::new();
    for image in images {
        for model in models {
            let new = state.submit(image, model, rerun);
            let now = state.jobs[&(image.clone(), model.clone())].state;
            jobs.push(json!({"image": image, "model": model, "state": now, "new": new}));
        }
    }
    HttpResponse::Accepted().json(json!({"images": images, "jobs": jobs}))
}

async fn show(
    shared: web::Data<Shared>,
    request: HttpRequest,
    image: web::Path<String>,
) -> HttpResponse {
    let query = parse(request.query_string());
    let models = query.iter().filter(|(name, _)| name == "models");
    let models: Vec<String> =
        models.flat_map(|(_, names)| names.split(',').map(str::to_owned)).collect();
    if let Err(failure) = shared.begin("/predict/<md5>").await {
        return failure;
    }
    let state = shared.state();
    match state.view(&image, &models) {
        Some((view, _)) => json_answer(state.with_results(&view.to_string())),
        None => problem(404, "No job for the image is known.", json!({})),
    }
}

async fn status(shared: web::Data<Shared>, question: web::Json<Question>) -> HttpResponse {
    if let Err(failure) = shared.begin("/predict/status").await {
        return failure;
    }
    let state = shared.state();
    if question.images.len() > state.max_photos {
        return problem(413, "Too many results.", json!({}));
    }
    let (mut images, mut unknown) = (json!({}), Vec::new());
    for image in &question.images {
        match state.view(image, &question.models) {
            Some((view, _)) => images[image] = view,
            None => unknown.push(image),
        }
    }
    let answer = json!({"images": images, "unknown": unknown});
    json_answer(state.with_results(&answer.to_string()))
}

fn json_answer(text: String) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(text)
}
