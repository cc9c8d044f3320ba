//! What operators ask.

use photo_core::ModelName;
use serde_json::json;

use super::Paths;
use super::content::Content;
use super::examples::{IMAGE, error};
use super::operation::{In, Operation, flag};
use super::problems::{self, both, unreadable};
use super::schemas::reference;
use crate::jobs::selection::SelectionError;
use crate::jobs::{cancel, failures, queues, retry};
use crate::operations::fsck::{self, FsckError};

pub(super) fn describe(paths: &mut Paths) {
    paths.topic("Operators", "What there is to do, what failed, and what is done about it.");
    paths.get("/queues", list_queues());
    paths.get("/failures", list_failures());
    paths.post("/predict/cancel", cancel());
    paths.post("/predict/retry", retry());
    paths.post("/fsck", check());
}

fn list_queues() -> Operation {
    let example = json!({
        "models": [{
            "model": "average_color",
            "queued": {"high": 0, "normal": 301, "low": 0},
            "waiting": 0, "running": 4, "failed": 2, "concurrency": 4,
            "hold": null, "rate_per_second": 2.5, "oldest_queued_at": "2026-11-23T03:32:30.246Z",
            "counters": {"submitted": 310, "claimed": 9, "succeeded": 3, "failed": 2},
            "endpoints": [{"url": "http://127.0.0.1:5005", "state": "up", "in_flight": 4}],
        }],
        "dispatchers": [{
            "id": "9f1c0e7a5b7d4f31a2c46f8d0b3e5a17", "host": "gpu-1", "pid": 4711, "version": "0.1.0",
            "started_at": "2026-11-23T03:30:00.000Z", "seen_at": "2026-11-23T03:32:31.001Z",
            "in_flight": 4, "stopping": false,
        }],
        "at": "2026-11-23T03:32:32.000Z",
    });
    Operation::new("listQueues", "Shows the queues, their rates, and the dispatchers")
        .answers(200, Content::json::<queues::Queues>("All queues and dispatchers.", example))
        .fails(problems::no_jobs())
}

fn list_failures() -> Operation {
    let limit = json!({"type": "integer", "minimum": 0, "maximum": u64::MAX, "default": 100});
    let example = json!({
        "groups": [{
            "model": "average_color", "kind": "refused", "reason": "No face was found.", "count": 1,
            "latest_at": "2026-11-23T03:32:30.264Z", "images": [IMAGE],
        }],
        "failures": [{
            "image": IMAGE, "model": "average_color", "error": error(),
            "failed_at": "2026-11-23T03:32:30.264Z", "attempts": 1,
        }],
        "truncated": false,
    });
    Operation::new("listFailures", "Lists the latest failures, with their reasons")
        .takes(In::Query, "model", "Of this model alone.", &reference::<ModelName>())
        .takes(In::Query, "limit", "How many failures are listed, 1,000 at most.", &limit)
        .answers(
            200,
            Content::json::<failures::FailuresResponse>(
                "In groups of one model and one reason.",
                example,
            ),
        )
        .fails(both(
            vec![
                unreadable("The query cannot be read: invalid digit found in string."),
                SelectionError::UnknownModels {
                    unknown: vec!["nope".to_owned()],
                    known: Vec::new(),
                }
                .into(),
            ],
            problems::no_jobs(),
        ))
}

fn cancel() -> Operation {
    Operation::new("cancelJobs", "Asks for jobs not to be done")
        .text(
            "Images, or models, or both must be named. A job that runs is cancelled as soon as its \
             dispatcher lets go of it. Of models alone at most `limit` unfinished jobs are cancelled; \
             ask again until the answer has fewer jobs than that and nothing remains, or no jobs.",
        )
        .takes_body(
            Content::plain_json(
                "The unfinished jobs of these images, or of these models, or of both.",
                &json!({"allOf": [
                    reference::<cancel::CancelRequest>(),
                    {"anyOf": [
                        {"required": ["images"],
                         "properties": {"images": {"type": "array"}, "limit": {"type": "null"}}},
                        {"required": ["models"],
                         "properties": {"models": {"type": "array"}, "images": {"type": "null"}}},
                    ]},
                ]}),
                json!({"images": [IMAGE], "models": ["average_color"]}),
            )
            .knows::<cancel::CancelRequest>(),
        )
        .answers(
            200,
            Content::json::<cancel::CancelResponse>(
                "The jobs, and the states they are in after this.",
                json!({"jobs": [{"image": IMAGE, "model": "average_color", "state": "CANCELLED"}]}),
            ),
        )
        .fails(both(problems::wrong_names(), problems::no_stores_for_cancelling()))
}

fn retry() -> Operation {
    Operation::new("retryJobs", "Queues failed jobs again, with all their attempts")
        .text("Images, or models, or both must be named.")
        .takes_body(
            Content::plain_json(
                "The failed jobs of these images, or of these models, or of both.",
                &json!({"allOf": [
                    reference::<retry::RetryRequest>(),
                    {"anyOf": [
                        {"required": ["images"], "properties": {"images": {"type": "array"}}},
                        {"required": ["models"], "properties": {"models": {"type": "array"}}},
                    ]},
                ]}),
                json!({"models": ["average_color"], "limit": 100}),
            )
            .knows::<retry::RetryRequest>(),
        )
        .answers(
            200,
            Content::json::<retry::RetryResponse>(
                "How many jobs that were.",
                json!({"requeued": 2}),
            ),
        )
        .fails(both(problems::wrong_names(), problems::no_stores()))
        .fails(problems::no_room())
}

fn check() -> Operation {
    let lines = "{\"progress\":{\"shelves\":0,\"of\":256,\"images\":0}}\n\
        {\"report\":{\"images\":1,\"queued_again\":0,\"given_back\":0,\"written_down\":0,\
        \"missing_photos\":0,\"imageless_jobs\":0,\"orphans\":0,\"expired_photos\":0,\
        \"expired_records\":0,\"spool_files\":0,\"unreadable_lines\":0,\"damaged_photos\":0,\
        \"damaged_records\":0,\"verified_photos\":0,\"verified_bytes\":0,\"checksums_added\":0,\
        \"unmended\":0,\"agree\":true}}\n";
    // As is the custom, the schema is that of a line.
    let lines = json!({"schema": reference::<fsck::FsckLine>(), "example": lines});
    Operation::new("checkStores", "Compares photos, records and job store, and mends them")
        .text(
            "What `api fsck` does. Once the client hangs up it ends where it may. The last line is the \
             report, or the problem that ended it.",
        )
        .takes(
            In::Query,
            "dry_run",
            "Whether it only looks and changes nothing.",
            &flag(),
        )
        .takes(
            In::Query,
            "deep",
            "Whether all photos are read and compared with their MD5 and SHA-256.",
            &flag(),
        )
        .answers(
            200,
            Content::empty("How far it is, a line of JSON at a time.")
                .knows::<fsck::FsckLine>()
                .or("application/x-ndjson", lines),
        )
        .fails(vec![
            unreadable("`dry_run` or `deep` is wrong: each is true or false."),
            FsckError::UnderWay.into(),
        ])
}
