//! How far photos have come.

use photo_core::ModelName;
use serde_json::json;

use super::Paths;
use super::content::Content;
use super::examples::{IMAGE, OTHER, finished, in_line};
use super::operation::{In, Operation};
use super::problems::{self, both, image, unreadable};
use crate::app::job_views::ImageView;
use crate::app::subscriptions::SubscriptionError;
use crate::http::problem::Problem;
use crate::http::request_error::RequestError;
use crate::jobs::selection::SelectionError;
use crate::jobs::status::StatusError;
use crate::jobs::status::{StatusRequest, StatusResponse};

pub(super) fn describe(paths: &mut Paths) {
    paths.topic("Results", "How far photos have come, and what the models said.");
    paths.get("/predict/{image}", show());
    paths.post("/predict/status", show_many());
}

fn show() -> Operation {
    let wait = json!({"type": "string", "pattern": "^[0-9]{1,9}(ms|s|m)?$", "default": "0"});
    let view =
        Content::empty("Every job of the image, and what came of it.").knows::<ImageView>().or(
            "application/json",
            json!({
                "schema": {"$ref": "#/components/schemas/ImageView"},
                "examples": {"finished": {"value": finished()}, "in_line": {"value": in_line()}},
            }),
        );
    Operation::new("getStatus", "Answers an image's state and results")
        .text(
            "What is not finished says why not, and about when it will be. An image is `FAILED` if all \
             its jobs are finished and one failed, `SUCCEEDED` if all succeeded, `RUNNING` once one \
             has started, else `QUEUED`.",
        )
        .takes_image()
        .takes(
            In::Query,
            "wait",
            "Answers once the image is finished, or after this time, a minute at most: `30s`, `500ms`, \
             `1m`, or seconds.",
            &wait,
        )
        .takes_models()
        .answers(200, view)
        .fails(vec![
            unreadable("`wait` is wrong: \"soon\" is not a time such as 30s or 1m."),
            RequestError::MalformedImageId("nonsense".to_owned()).into(),
            unknown_models(),
            StatusError::UnknownImage(image()).into(),
            StatusError::UnknownJobs { image: image(), models: vec![model()] }.into(),
        ])
        .fails(vec![
            SubscriptionError::TooManyStreams { limit: 10_000 }.into(),
            SubscriptionError::TooManyWatched { limit: 500_000 }.into(),
        ])
        .fails(problems::no_stores())
}

fn show_many() -> Operation {
    Operation::new("getStatuses", "Answers the states and results of many images")
        .takes_body(Content::json::<StatusRequest>(
            "The images' hashes and, if not all jobs are meant, the models.",
            json!({"images": [IMAGE, OTHER], "models": ["average_color"]}),
        ))
        .answers(
            200,
            Content::json::<StatusResponse>(
                "The images by their hashes, and those that no job is known for.",
                json!({"images": {IMAGE: finished()}, "unknown": [OTHER]}),
            ),
        )
        .fails(both(
            vec![
                problems::no_json(),
                unreadable("The body is not {\"images\": [\"<hash>\", …]}: EOF."),
                RequestError::MalformedImageId("nonsense".to_owned()).into(),
                unknown_models(),
                RequestError::TooSlow.into(),
                SelectionError::TooManyPhotos { limit: 1_000 }.into(),
                StatusError::TooManyResults { limit: 64 << 20 }.into(),
            ],
            problems::no_stores(),
        ))
}

fn unknown_models() -> Problem {
    SelectionError::UnknownModels { unknown: vec!["nope".to_owned()], known: vec![model()] }.into()
}

fn model() -> ModelName {
    "average_color".parse().expect("the example is a model's name")
}
