//! Streams of events.

use std::fmt::Write;

use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;

use super::Shared;

pub fn configure(config: &mut web::ServiceConfig) {
    config.route("/predict/events", web::post().to(events));
}

#[derive(Deserialize)]
struct Question {
    images: Vec<String>,
    #[serde(default)]
    models: Vec<String>,
}

struct Watcher {
    shared: web::Data<Shared>,
    images: Vec<String>,
    models: Vec<String>,
    /// What was told.
    cursor: u64,
    is_first: bool,
    is_done: bool,
}

async fn events(
    shared: web::Data<Shared>,
    request: HttpRequest,
    question: web::Json<Question>,
) -> HttpResponse {
    match shared.begin("/predict/events").await {
        Ok(false) => {}
        // It is opened, and nothing ever comes.
        Ok(true) => return HttpResponse::Ok().content_type("text/event-stream").body(""),
        Err(failure) => return failure,
    }
    let last_id = request.headers().get("last-event-id");
    let cursor = last_id.map_or(0, |id| id.to_str().unwrap().parse().unwrap());
    let Question { images, models } = question.into_inner();
    let watcher = Watcher { shared, images, models, cursor, is_first: true, is_done: false };
    let events = stream::unfold(watcher, async |mut watcher| {
        let text = watcher.next().await?;
        Some((Ok::<_, actix_web::Error>(web::Bytes::from(text)), watcher))
    });
    HttpResponse::Ok().content_type("text/event-stream").streaming(events)
}

impl Watcher {
    async fn next(&mut self) -> Option<String> {
        let mut changes = self.shared.changes.subscribe();
        while !self.is_done {
            let text = self.look();
            if !text.is_empty() {
                return Some(text);
            }
            changes.changed().await.ok()?;
        }
        None
    }

    fn look(&mut self) -> String {
        let state = self.shared.state();
        let mut text = String::new();
        let (mut unknown, mut unfinished, mut latest) = (Vec::new(), 0, self.cursor);
        for image in &self.images {
            match state.view(image, &self.models) {
                Some((view, changed)) => {
                    unfinished += usize::from(view["status"] == "RUNNING");
                    if changed > self.cursor {
                        write!(text, "event: image\nid: {changed}\ndata: {view}\n\n").unwrap();
                        latest = latest.max(changed);
                    }
                }
                None => unknown.push(image),
            }
        }
        self.cursor = latest;
        if self.is_first {
            text.push_str(": hello\n\n");
            if !unknown.is_empty() {
                let data = json!({"images": unknown});
                write!(text, "event: unknown\ndata: {data}\n\n").unwrap();
            }
        }
        self.is_first = false;
        if unfinished == 0 && unknown.is_empty() {
            self.is_done = true;
            text.push_str("event: done\ndata: {}\n\n");
        }
        text
    }
}
