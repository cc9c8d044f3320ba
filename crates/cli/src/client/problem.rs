//! A failure as the server tells it (`application/problem+json`).

use std::fmt;
use std::time::Duration;

use photo_core::ImageKey;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;

/// The longest wait that a server may ask for.
const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// How many letters of a model's name may be wrong for it to be guessed.
const MAX_MISTAKES: usize = 3;

/// How much is repeated of an answer that is not a problem.
const MOST_REPEATED: usize = 200;

/// Why the server did not do what it was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    /// The HTTP status.
    pub(crate) status: u16,
    /// What was wrong, and what to do.
    pub(crate) detail: String,
    /// When to come back.
    pub(crate) retry_after: Option<Duration>,
    /// Which photo of the form it is about, counted from 0.
    pub(crate) photo: Option<usize>,
    /// All photos of the form that are not taken, if the server looked at all of them.
    pub(crate) refused: Vec<RefusedPhoto>,
    /// Which photos the server was expected to have and has not.
    pub(crate) missing_images: Vec<ImageKey>,
}

/// A photo that the server does not take.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct RefusedPhoto {
    /// Which photo of the form it is, counted from 1.
    pub(crate) position: usize,
    /// What is wrong with it: "is empty".
    pub(crate) reason: String,
}

/// The members of the body that are of use here.
#[derive(Deserialize)]
struct Body {
    detail: String,
    #[serde(default)]
    photo: Option<usize>,
    #[serde(default, rename = "refused_images")]
    refused: Vec<RefusedPhoto>,
    #[serde(default)]
    missing_images: Vec<ImageKey>,
    #[serde(default)]
    unknown_models: Vec<String>,
    #[serde(default)]
    models: Vec<String>,
}

impl Body {
    /// The models that are meant, as far as that can be guessed, and those that there are.
    fn hint(&self) -> String {
        let distance = |unknown: &str, known: &str| {
            strsim::osa_distance(&unknown.to_lowercase(), &known.to_lowercase())
        };
        let meant = self.unknown_models.iter().filter_map(|unknown| {
            let near = self.models.iter().map(|known| (distance(unknown, known), known));
            let most = MAX_MISTAKES.min(unknown.chars().count().saturating_sub(1));
            near.min().filter(|(mistakes, _)| *mistakes <= most).map(|(_, known)| known)
        });
        let meant: Vec<&str> = meant.map(String::as_str).collect();
        let known = self.models.join(", ");
        match (meant.is_empty(), known.is_empty()) {
            (_, true) => String::new(),
            (true, false) => format!(" Known models: {known}."),
            (false, false) => {
                format!(" Did you mean {}? Known models: {known}.", meant.join(", "))
            }
        }
    }
}

impl Problem {
    /// Reads an answer of this status. What is between us and the server may answer in other
    /// forms.
    pub(crate) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let retry_after = headers.get(RETRY_AFTER).and_then(|it| it.to_str().ok()?.parse().ok());
        let mut problem = Self {
            status: status.as_u16(),
            detail: String::new(),
            retry_after: retry_after.map(|it| Duration::from_secs(it).min(LONGEST_WAIT)),
            photo: None,
            refused: Vec::new(),
            missing_images: Vec::new(),
        };
        if let Ok(body) = serde_json::from_slice::<Body>(body) {
            // The form's photos are counted from 1.
            problem.photo = body.photo.and_then(|number| number.checked_sub(1));
            problem.detail = format!("{}{}", body.detail, body.hint());
            problem.refused = body.refused;
            problem.missing_images = body.missing_images;
        } else {
            let text = String::from_utf8_lossy(body);
            let text: String = text.trim().chars().take(MOST_REPEATED).collect();
            problem.detail = format!("the server answered {status}: {text}");
        }
        problem
    }
}

/// For whoever did not expect it.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)?;
        match self.status {
            404 | 405 => f.write_str(" (is the server older than this photoctl?)"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: StatusCode, headers: &[(&'static str, &str)], body: &str) -> Problem {
        let headers = headers.iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap()));
        Problem::read(status, &headers.collect(), body.as_bytes())
    }

    #[test]
    fn a_problem_says_which_photo_it_is_about_and_when_to_come_back() {
        let body = r#"{"title": "Not a photo", "detail": "Photo 2 is bad.", "photo": 2, "x": 1}"#;
        let problem = read(StatusCode::UNSUPPORTED_MEDIA_TYPE, &[("retry-after", "7")], body);
        assert_eq!((problem.status, problem.photo), (415, Some(1)));
        assert_eq!(problem.retry_after, Some(Duration::from_secs(7)));
        assert_eq!(problem.to_string(), "Photo 2 is bad.");
    }

    #[test]
    fn known_models_are_named_with_unknown_ones() {
        let body = r#"{"detail": "Unknown models: x.", "unknown_models": ["x"], "models": ["a"]}"#;
        let problem = read(StatusCode::BAD_REQUEST, &[], body);
        assert_eq!(problem.to_string(), "Unknown models: x. Known models: a.");
        let body =
            r#"{"detail": "No.", "unknown_models": ["Colour", "nothing"], "models": ["color"]}"#;
        let problem = read(StatusCode::BAD_REQUEST, &[], body);
        assert_eq!(problem.to_string(), "No. Did you mean color? Known models: color.");
    }

    #[test]
    fn what_a_proxy_says_is_told_shortly() {
        let problem = read(StatusCode::BAD_GATEWAY, &[], &"<h1>oh</h1>".repeat(100));
        assert!(problem.detail.starts_with("the server answered 502 Bad Gateway: <h1>oh"));
        assert!(problem.detail.len() < 300);
        let wait = read(StatusCode::SERVICE_UNAVAILABLE, &[("retry-after", "99999")], "");
        assert_eq!(wait.retry_after, Some(LONGEST_WAIT));
    }
}
