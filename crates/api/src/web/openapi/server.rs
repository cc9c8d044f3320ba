//! The server itself: what it is, whether it works, and which models it knows.

use photo_config::ApiConfig;
use photo_core::ModelName;
use serde_json::{Value, json};

use super::Paths;
use super::content::Content;
use super::operation::{In, Operation, flag};
use super::problems::{self, both, unreadable};
use super::schemas::reference;
use crate::http::request_error::RequestError;
use crate::models::announcements::AnnouncementError;
use crate::models::list::Models;
use crate::models::remove::RemoveModelError;
use crate::models::remove::RemovedModel;
use crate::web::banner::Banner;

/// A moment in the examples.
const AT: &str = "2026-11-23T03:30:00.000Z";

pub(super) fn describe(paths: &mut Paths) {
    paths.topic("Server", "What it is, and whether it works.");
    paths.get("/", banner());
    paths.get("/openapi.json", document());
    paths.get("/health/live", health("getLive", "Answers whether the process runs", "live"));
    let ready = health("getReady", "Answers whether photos would be accepted now", "ready");
    paths.get("/health/ready", ready.fails(problems::no_stores()));
    paths.topic("Models", "The models there are, and how their services announce themselves.");
    paths.get("/models", models());
    paths.delete("/models/{model}", remove_model());
    paths.post("/register", announce("announceAtRegister", "The same as /model/register"));
    paths.post("/model/register", announce("announceModel", "A model service announces itself"));
}

fn banner() -> Operation {
    Operation::new("getBanner", "For programs says that the server runs, for browsers is the page")
        .text("Which of the two is decided by `Accept`.")
        .answers(
            200,
            Content::json::<Banner>(
                "The banner, or the page.",
                json!(Banner::new(&ApiConfig::default())),
            )
            .or("text/html", json!({}))
            .header("Vary", "The answer depends on this.", &json!({"const": "accept"})),
        )
}

fn document() -> Operation {
    Operation::new("getDocument", "This document")
        .text("What the server can be asked, by OpenAPI 3.1. `/docs` is the same for people.")
        .takes_etag()
        .answers(
            200,
            Content::plain_json(
                "The document.",
                &json!({"type": "object"}),
                json!({"openapi": "3.1.0"}),
            )
            .etag(),
        )
        .answers(304, Content::empty("The client has it already.").etag())
}

fn health(id: &str, summary: &str, status: &str) -> Operation {
    let schema = json!({
        "type": "object", "required": ["status"], "properties": {"status": {"const": status}},
    });
    Operation::new(id, summary)
        .answers(200, Content::plain_json("It is so.", &schema, json!({"status": status})))
}

fn models() -> Operation {
    let example = json!({
        "models": ["average_color"],
        "details": {"average_color": {
            "endpoints": ["http://127.0.0.1:5005", "http://10.0.0.7:5005"],
            "announced": [{"url": "http://10.0.0.7:5005", "from": "10.0.0.7", "at": AT}],
            "concurrency": 4,
            "queued": 301, "waiting": 0, "running": 4, "failed": 2,
        }},
    });
    Operation::new("listModels", "Lists the models")
        .text("What they can say, where they are, and how much they have to do.")
        .answers(200, Content::json::<Models>("The models' names, and more about each.", example))
        .fails(problems::no_jobs())
}

fn remove_model() -> Operation {
    let model: Option<ModelName> = "old_model".parse().ok();
    let refusals = model.map(|model| {
        vec![
            unreadable("`cancel` is wrong: it is true or false."),
            RemoveModelError::Unknown { name: "nope".to_owned() }.into(),
            RemoveModelError::Busy { model: model.clone(), jobs: 3, with_its_jobs: false }.into(),
            RemoveModelError::Configured { model }.into(),
        ]
    });
    Operation::new("removeModel", "Forgets a model that is not wanted any more")
        .text(
            "What its jobs led to stays. A service that goes on announcing itself makes it known again: \
             stop it first.",
        )
        .takes(In::Path, "model", "Its name.", &reference::<ModelName>())
        .takes(
            In::Query,
            "cancel",
            "Whether its unfinished jobs are cancelled first; else there must be none.",
            &flag(),
        )
        .knows::<ModelName>()
        .answers(
            200,
            Content::json::<RemovedModel>(
                "It is forgotten.",
                json!({"model": "old_model", "cancelled": 0}),
            ),
        )
        .fails(both(refusals.unwrap_or_default(), problems::no_stores_for_cancelling()))
}

fn announce(id: &str, summary: &str) -> Operation {
    let example = json!({
        "status": "success", "model": "average_color",
        "detail": "Model has been successfully registered to server.",
    });
    let refused = json!({"status": "failure", "detail": "Unable to validate credentials."});
    let untaken = json!({
        "status": "failure", "model": "average_color",
        "detail": "The announcement of http://10.0.0.7:5005 is not taken: the model is configured, and \
                   takes no other services unless its operator says `announce = true` of it.",
    });
    Operation::new(id, summary)
        .text(
            "To be repeated every ten seconds: after 45 seconds of silence a service that does \
             not answer `GET /status` either is dropped. An unknown service is asked for its \
             `/status` first; whether it answered is in `status`.",
        )
        .takes(
            In::Header,
            "api_key",
            "The key that the operator asks for, if any (`api.register_key`).",
            &json!({"type": "string"}),
        )
        .takes_body(Content::plain_json(
            "The model's name, and its service's port or address.",
            &announcement(),
            json!({"name": "average_color", "port": 5005}),
        ))
        .knows::<ModelName>()
        .answers(200, Content::plain_json("Heard.", &heard(), example))
        .answers(401, Content::plain_json("The key is wrong.", &unheard(), refused))
        .answers(
            403,
            Content::plain_json("The announcement is not accepted.", &not_taken(), untaken),
        )
        .fails(both(
            vec![
                problems::no_json(),
                unreadable("The announcement cannot be read: `port` or `socket` is missing."),
                RequestError::TooSlow.into(),
                AnnouncementError::TooManyServices { of: "models", limit: 1_000 }.into(),
            ],
            problems::no_jobs(),
        ))
}

/// Every form an announcement has had over the releases of the services. The members that do not
/// count may hold anything that might have counted.
fn announcement() -> Value {
    let port = json!({"anyOf": [
        {"type": "integer", "minimum": 1, "maximum": 65_535},
        {"type": "string", "pattern": "^[1-9][0-9]{0,3}$"},
    ]});
    let any_port = json!({
        "anyOf": [
            {"type": "number"}, {"type": "string"}, {"type": "null"},
        ],
        "description": "The port it listens on, at the host that the server is configured for: a \
                        number, or the same as text.",
    });
    let address = json!({"type": "string", "format": "uri"});
    let no_address = json!({"type": "null"});
    json!({
        "type": "object",
        "properties": {
            "name": reference::<ModelName>(),
            "modelName": reference::<ModelName>(),
            "port": any_port,
            "modelPort": any_port,
            "socket": {"anyOf": [address, no_address],
                       "description": "Its address, which counts before a port: \
                                       `http://host:port` or `https://host:port`."},
        },
        "allOf": [
            {"oneOf": [{"required": ["name"]}, {"required": ["modelName"]}]},
            {"anyOf": [
                {"required": ["port"], "properties": {"port": port}},
                {"required": ["modelPort"], "properties": {"modelPort": port}},
                {"required": ["socket"], "properties": {"socket": address}},
            ]},
            {"not": {"required": ["port", "modelPort"]}},
        ],
    })
}

fn heard() -> Value {
    json!({
        "type": "object",
        "required": ["status", "model", "detail"],
        "properties": {
            "status": {"enum": ["success", "failure"]},
            "model": reference::<ModelName>(),
            "detail": {"type": "string"},
        },
    })
}

fn not_taken() -> Value {
    let mut schema = heard();
    schema["properties"]["status"] = json!({"const": "failure"});
    schema
}

fn unheard() -> Value {
    json!({
        "type": "object",
        "required": ["status", "detail"],
        "properties": {"status": {"const": "failure"}, "detail": {"type": "string"}},
    })
}
