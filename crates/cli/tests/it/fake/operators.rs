//! What operators ask for, with answers that never change.

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::{MODELS, Shared};

pub fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/models", web::get().to(models))
        .route("/queues", web::get().to(queues))
        .route("/failures", web::get().to(failures))
        .route("/predict/cancel", web::post().to(cancel))
        .route("/predict/retry", web::post().to(retry))
        .route("/fsck", web::post().to(fsck));
}

async fn models(shared: web::Data<Shared>) -> HttpResponse {
    if let Err(failure) = shared.begin("/models").await {
        return failure;
    }
    let detail = json!({
        "endpoints": ["http://a:1"], "concurrency": 4, "queued": 12_345, "waiting": 0,
        "running": 4, "failed": 1,
    });
    let mut held = detail.clone();
    held["hold"] = json!({"kind": "unreachable", "message": "no connection\u{1b}[2J"});
    let details = json!({"color": detail, "shape": held, "broken": detail});
    HttpResponse::Ok().json(json!({"models": MODELS, "details": details}))
}

async fn queues() -> HttpResponse {
    let queue = |model: &str, hold: Value| {
        json!({
            "model": model, "queued": {"high": 1, "normal": 2_000, "low": 3}, "waiting": 5,
            "running": 4, "failed": 6, "concurrency": 4, "hold": hold, "rate_per_second": 12.34,
            "oldest_queued_at": "2026-01-01T00:00:00.000Z", "counters": {},
            "endpoints": [{"url": "http://a:1", "state": "up", "in_flight": 4}],
        })
    };
    let models = [queue("color", json!(null)), queue("shape", json!({"message": "no answer"}))];
    let dispatchers = json!([{
        "id": "x", "host": "gpu-1", "pid": 7, "version": "0.1.0", "in_flight": 4,
        "started_at": "2026-01-01T00:00:00.000Z", "seen_at": "2026-01-01T00:00:00.000Z",
        "stopping": true,
    }]);
    let at = "2026-01-01T00:00:42.000Z";
    HttpResponse::Ok().json(json!({"models": models, "dispatchers": dispatchers, "at": at}))
}

async fn failures(query: web::Query<Value>) -> HttpResponse {
    let image = "900150983cd24fb0d6963f7d28e17f72";
    let group = json!({
        "model": query["model"], "kind": "refused", "reason": "no image\nof #", "count": 2,
        "latest_at": "2026-01-01T00:00:00.000Z", "images": [image],
    });
    HttpResponse::Ok().json(json!({"groups": [group], "failures": [], "truncated": true}))
}

/// How many jobs of a model are in line before anybody cancels them.
pub const IN_LINE: u64 = 2_500;

/// Cancels jobs of images; and of models, which have so many in line, and one that runs.
async fn cancel(shared: web::Data<Shared>, question: web::Json<Value>) -> HttpResponse {
    let model = &question["models"][0];
    let job = |image: &Value, state| json!({"image": image, "model": model, "state": state});
    if let Some(images) = question["images"].as_array() {
        let jobs: Vec<_> = images.iter().map(|image| job(image, "CANCELLED")).collect();
        return HttpResponse::Ok().json(json!({"jobs": jobs}));
    }
    let limit = question["limit"].as_u64().unwrap();
    let before = shared.change(|state| {
        let calls = state.calls.entry("/predict/cancel".to_owned()).or_default();
        *calls += 1;
        (u64::from(*calls) - 1) * limit
    });
    let after = IN_LINE.min(before + limit);
    let image = |number| json!(format!("{number:032x}"));
    let jobs = (before..after).map(|number| job(&image(number), "CANCELLED"));
    let running = (after - before < limit).then(|| job(&image(after), "RUNNING"));
    let jobs: Vec<_> = jobs.chain(running).collect();
    HttpResponse::Ok().json(json!({"jobs": jobs, "remaining": IN_LINE - after}))
}

/// Puts as many jobs back as there may be in one request, and then seven.
async fn retry(shared: web::Data<Shared>, question: web::Json<Value>) -> HttpResponse {
    assert!(question.get("images").is_some() || question.get("models").is_some());
    let is_first = shared.change(|state| {
        let calls = state.calls.entry("/predict/retry".to_owned()).or_default();
        *calls += 1;
        *calls == 1
    });
    let limit = question["limit"].as_u64().unwrap();
    let requeued = if is_first { limit } else { limit.min(7) };
    HttpResponse::Ok().json(json!({"requeued": requeued}))
}

async fn fsck(shared: web::Data<Shared>, query: web::Query<Value>) -> HttpResponse {
    let is_looking = query["dry_run"] == "true";
    let progress = json!({"progress": {"shelves": 1, "of": 256, "images": 5}});
    let last = match shared.begin("/fsck").await {
        Ok(false) => json!({"report": {
            "images": 1_234, "queued_again": if is_looking { 3 } else { 0 }, "unmended": 0,
            "agree": !is_looking,
        }}),
        // It is broken off.
        Ok(true) => json!({"problem": {"detail": "The job store cannot be reached now."}}),
        Err(failure) => return failure,
    };
    HttpResponse::Ok().content_type("application/x-ndjson").body(format!("{progress}\n\n{last}"))
}
