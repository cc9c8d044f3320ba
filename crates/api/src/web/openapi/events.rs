//! Being told instead of asking again and again.

use photo_core::ImageKey;
use serde_json::{Value, json};

use super::Paths;
use super::content::Content;
use super::examples::{IMAGE, OTHER};
use super::operation::{In, Operation};
use super::problems::{self, unreadable};
use super::schemas::{array_of, reference};
use crate::app::job_views::ImageView;
use crate::app::subscriptions::SubscriptionError;
use crate::events::{EventsRequest, MAX_IMAGES_IN_QUERY};
use crate::http::problem::Problem;
use crate::http::request_error::RequestError;
use crate::jobs::selection::SelectionError;

pub(super) fn describe(paths: &mut Paths) {
    paths.topic("Events", "Server-sent events instead of polling.");
    paths.get("/events", follow());
    paths.post("/predict/events", follow_many());
}

/// What all events have in common.
const ABOUT: &str = "An event `image` is an image's status, as `GET /predict/{image}` answers it; \
    `unknown` names images that no job is known for, which are waited for all the same, so that the \
    stream does not end before they are posted; `done` says that all images are finished and \
    nothing follows; `more` says how many changes were left out of a stream about everything. Every \
    image is told as it is, and whenever it changes. A comment says every 15 seconds that the \
    server is there. After a broken connection the events go on where they ended, at any api, if \
    the last one's id is sent back.";

fn follow() -> Operation {
    Operation::new(
        "followEvents",
        "Sends the changes of some images until they are finished, or of all without end",
    )
    .text(ABOUT)
    .takes(
        In::Query,
        "images",
        "The images to follow, with commas or by repeating the key; empty names are ignored. \
         Without it the stream sends whatever changes, up to 20 images a second, and does not \
         end. `keys` is another name of it.",
        &array_of::<ImageKey>(1, MAX_IMAGES_IN_QUERY),
    )
    .takes_models()
    .resumed()
    .answers(200, stream())
    .knows::<ImageKey>()
    .fails(failures(MAX_IMAGES_IN_QUERY))
}

fn follow_many() -> Operation {
    Operation::new("followManyEvents", "Sends the changes of many images until they are finished")
        .text(ABOUT)
        .resumed()
        .takes_body(Content::json::<EventsRequest>(
            "The images to follow.",
            json!({"images": [IMAGE, OTHER]}),
        ))
        .answers(200, stream())
        .fails(failures(10_000))
        .fails(vec![RequestError::TooSlow.into(), problems::no_json()])
}

impl Operation {
    /// Where an earlier stream of the client ended.
    fn resumed(self) -> Self {
        let text = "The id of the last event that was heard. What is none of ours is ignored.";
        let id = json!({"type": "string"});
        self.takes(In::Header, "Last-Event-ID", text, &id).takes(
            In::Query,
            "last_event_id",
            "The same, for clients that cannot set headers.",
            &id,
        )
    }
}

fn stream() -> Content {
    Content::empty("The events, as they come.")
        .knows::<ImageView>()
        .or("text/event-stream", json!({"schema": event(), "example": example()}))
}

/// As is the custom, the schema is that of an event.
fn event() -> Value {
    let images = json!({"type": "array", "items": reference::<ImageKey>()});
    let waited_for = json!({"images": images, "waiting": {"const": true},
                            "detail": {"type": "string"}});
    let data = json!([
        reference::<ImageView>(),
        {"type": "object", "required": ["images", "waiting"], "properties": waited_for},
        {"type": "object", "required": ["images"], "properties": {"images": {"type": "integer"}}},
        {"type": "object", "maxProperties": 0},
    ]);
    json!({
        "type": "object",
        "properties": {
            "event": {"enum": ["image", "unknown", "more", "done"]},
            "id": {"type": "string", "description": "To be sent back as `Last-Event-ID`."},
            "data": {"type": "string", "contentMediaType": "application/json",
                     "contentSchema": {"oneOf": data}},
        },
    })
}

/// Written out: in what order a [`Value`]'s members are printed depends on what else is built.
fn example() -> Value {
    let job = r#"{"state":"SUCCEEDED","attempts":1,"failures":0,"priority":"normal","submitted_at":"2026-11-23T03:32:30.246Z","finished_at":"2026-11-23T03:32:30.264Z"}"#;
    let image = format!(
        r##"{{"image":"{IMAGE}","status":"SUCCEEDED","results":{{"average_color":{{"hex":"#ae7f66"}}}},"jobs":{{"average_color":{job}}}}}"##
    );
    json!(format!(
        "retry: 1000\n\nevent: image\nid: 1795404750264\ndata: {image}\n\n\
         event: unknown\ndata: {{\"images\":[\"{OTHER}\"],\"waiting\":true}}\n\nid: 1795404750264\n\n\
         event: done\ndata: {{}}\n\n"
    ))
}

fn failures(limit: usize) -> Vec<Problem> {
    vec![
        unreadable("No image is named. Without `images`, GET /events tells of all that happens."),
        RequestError::MalformedImageId("nonsense".to_owned()).into(),
        SelectionError::UnknownModels { unknown: vec!["nope".to_owned()], known: Vec::new() }
            .into(),
        SelectionError::TooManyPhotos { limit }.into(),
        SubscriptionError::TooManyStreams { limit: 10_000 }.into(),
        SubscriptionError::TooManyWatched { limit: 500_000 }.into(),
    ]
}
