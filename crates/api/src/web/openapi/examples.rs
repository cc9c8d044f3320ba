//! The answers that serve as examples, made up around one photo.

use serde_json::{Value, json};

/// The photo's hash.
pub(super) const IMAGE: &str = "1d52825755108a2a6df146737f6149cb";

/// Another photo's hash.
pub(super) const OTHER: &str = "6de77e5e6fbab0ec0be81bbb4a5ce9e2";

/// An image that is finished, as its status shows it.
pub(super) fn finished() -> Value {
    json!({
        "image": IMAGE,
        "status": "SUCCEEDED",
        "results": {"average_color": {"r": 174, "g": 127, "b": 102, "hex": "#ae7f66"}},
        "jobs": {"average_color": {
            "state": "SUCCEEDED", "attempts": 1, "failures": 0, "priority": "normal",
            "submitted_at": "2026-11-23T03:32:30.246Z", "started_at": "2026-11-23T03:32:30.247Z",
            "finished_at": "2026-11-23T03:32:30.264Z",
        }},
    })
}

/// An image that is not finished, asked for alone.
pub(super) fn in_line() -> Value {
    json!({
        "image": IMAGE,
        "status": "QUEUED",
        "results": {},
        "jobs": {"average_color": {
            "state": "QUEUED", "attempts": 0, "failures": 0, "priority": "normal",
            "submitted_at": "2026-11-23T03:32:30.246Z",
            "progress": {
                "ahead_at_most": 301, "ahead_estimate": 120, "rate_per_second": 2.5,
                "estimated_at": "2026-11-23T03:33:19.512Z",
                "explanation": "In line behind about 120 other jobs of its model, at most 301; 2.5 a \
                                second end of late: done in about 49s.",
            },
        }},
    })
}

/// A model's error.
pub(super) fn error() -> Value {
    json!({"kind": "refused", "message": "No face was found.", "http_status": 400})
}
