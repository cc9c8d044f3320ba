//! What an answer to `/predict` means.

use std::time::Duration;

use photo_core::{JobError, JobErrorKind};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::Failure;
use super::words::{beginning, missing_parts, told, words};

/// How many arrays and objects of a result may stand in each other. Whoever reads it has a limit of
/// its own, often 128, and could not read the other models' results beside it either.
const MOST_LEVELS: usize = 100;

/// What a service sent back.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// After how long the service wants to be asked again.
    pub retry_after: Option<Duration>,
    /// The body, as far as it was read.
    pub body: Vec<u8>,
    /// How the body ended.
    pub end: BodyEnd,
}

/// How the body of an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyEnd {
    /// As it should.
    Complete,
    /// It is longer than allowed, and the rest was not read.
    TooLong {
        /// How many bytes are allowed.
        limit: u64,
    },
    /// The connection broke.
    Broken,
    /// It is compressed, which we never ask for, and was not read: a few bytes could unfold to any
    /// number.
    Encoded,
}

/// What a model sees in a photo.
#[derive(Debug)]
pub struct Prediction {
    /// The model's result, byte for byte as the service wrote it.
    pub result: Box<RawValue>,
    /// What the model can say, if the answer lists it.
    pub classes: Option<Box<RawValue>>,
}

/// The JSON around a result or a complaint. Its parts stay text until they are needed, so that no
/// answer, however deep, is unfolded in memory.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    status: Option<&'a RawValue>,
    #[serde(borrow, default)]
    status_code: Option<&'a RawValue>,
}

/// The newer form of a result.
#[derive(Deserialize)]
struct Classified<'a> {
    #[serde(borrow, deserialize_with = "raw")]
    classes: &'a RawValue,
    #[serde(borrow, deserialize_with = "raw")]
    result: &'a RawValue,
}

impl Answer {
    /// The prediction, or why there is none.
    pub fn prediction(&self) -> Result<Prediction, Failure> {
        let envelope = self.envelope();
        // The first releases sent their errors with status 200 and the true one in the body.
        let wrapped = envelope.as_ref().ok().and_then(Envelope::wrapped_status);
        // What wraps a status is the model's own code, which was reached.
        let unrouted = if wrapped.is_none() { self.unrouted() } else { None };
        let status = wrapped.unwrap_or(self.status);
        let kind = match status {
            200..=299 => {
                return self.good(envelope).map_err(|message| {
                    JobError::new(JobErrorKind::BadAnswer, message).with_status(self.status).into()
                });
            }
            _ if unrouted.is_some() => JobErrorKind::NotReady,
            429 => JobErrorKind::Overloaded,
            503 => JobErrorKind::NotReady,
            408 | 425 | 500.. => JobErrorKind::ServerError,
            400..=499 => JobErrorKind::Refused,
            _ => JobErrorKind::BadAnswer,
        };
        let is_unrouted = unrouted.is_some();
        let message = match (unrouted, words(&self.body)) {
            (Some(why), Some(words)) => format!("{why}: {words}"),
            (Some(why), None) => format!("{why}, and said nothing"),
            (None, Some(words)) => words,
            (None, None) => format!("the service answered {status} and said nothing"),
        };
        let error = JobError::new(kind, message).with_status(status);
        Err(Failure { error, retry_after: self.retry_after, is_unrouted })
    }

    /// The prediction in an answer with a good status, or what is wrong with it.
    fn good(&self, envelope: Result<Envelope<'_>, String>) -> Result<Prediction, String> {
        match self.end {
            BodyEnd::Complete => {}
            BodyEnd::TooLong { limit } => {
                return Err(format!("the answer is longer than the limit of {limit} bytes"));
            }
            BodyEnd::Broken => {
                return Err("the connection broke in the middle of the answer".to_owned());
            }
            BodyEnd::Encoded => {
                return Err("the answer is compressed, which it was not asked to be".to_owned());
            }
        }
        let envelope = envelope.map_err(|error| {
            let begins = beginning(&self.body);
            let begins = begins.map(|it| format!("; it begins: {it}")).unwrap_or_default();
            format!("the answer is not a JSON object: {error}{begins}")
        })?;
        if envelope.says_failure() {
            let words = words(&self.body).unwrap_or_else(|| "it said nothing".to_owned());
            return Err(format!("the service answered {} and failure: {words}", self.status));
        }
        let Some(result) = envelope.result else {
            let said = match (told(&self.body), beginning(&self.body)) {
                (Some(words), _) => format!("; it says: {words}"),
                (None, Some(words)) => format!("; it is: {words}"),
                (None, None) => String::new(),
            };
            return Err(format!("the answer has no `result`{said}"));
        };
        let (result, classes) = match object::<Classified<'_>>(result.get().as_bytes()) {
            Ok(inner) => (inner.result, Some(inner.classes.to_owned())),
            Err(_) => (result, None),
        };
        if levels(result.get()) > MOST_LEVELS {
            return Err(format!("the result is nested deeper than {MOST_LEVELS} levels"));
        }
        Ok(Prediction { result: result.to_owned(), classes })
    }

    fn envelope(&self) -> Result<Envelope<'_>, String> {
        match self.end {
            BodyEnd::Complete => object(&self.body),
            _ => Err("it is not whole".to_owned()),
        }
    }

    /// What the status says where it says nothing about the photo: a proxy without a route, a
    /// door that is shut, or a service that takes other requests. Every photo would get it.
    fn unrouted(&self) -> Option<String> {
        let status = self.status;
        let what = match status {
            300..=399 => {
                "sends us elsewhere: that is not followed, so its address must be configured as it \
                 really is"
            }
            401 | 407 | 511 => "asks who we are",
            402 | 403 => "does not let us in",
            404 | 410 => return Some(format!("the service has no /predict ({status})")),
            405 | 501 => "does not take POST requests to /predict",
            421 => "is not the one for this address",
            451 => "may not answer, by law",
            406 | 411 | 414 | 426 | 428 | 431 | 505 => "wants another kind of request",
            422 if missing_parts(&self.body) => "wants other fields in the request",
            _ => return None,
        };
        Some(format!("the service {what} ({status})"))
    }
}

impl Envelope<'_> {
    /// The failure that the body reports, whatever the HTTP status.
    fn wrapped_status(&self) -> Option<u16> {
        let status: u16 = serde_json::from_str(self.status_code?.get()).ok()?;
        (status >= 400).then_some(status)
    }

    fn says_failure(&self) -> bool {
        self.status.is_some_and(|status| status.get() == r#""failure""#)
    }
}

/// `text` as a struct, if it is a JSON object: serde's derive would take an array too.
fn object<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, String> {
    let text = text.trim_ascii();
    if !text.starts_with(b"{") {
        return Err("it does not begin with `{`".to_owned());
    }
    serde_json::from_slice(text).map_err(|error| error.to_string())
}

/// How many arrays and objects stand in each other where `json` is deepest.
fn levels(json: &str) -> usize {
    let (mut level, mut deepest) = (0_usize, 0);
    let mut bytes = json.bytes();
    let mut in_text = false;
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_text = !in_text,
            // The next byte cannot end the text; what else an escape has can neither.
            b'\\' => drop(bytes.next()),
            b'[' | b'{' if !in_text => {
                level += 1;
                deepest = deepest.max(level);
            }
            b']' | b'}' if !in_text => level -= 1,
            _ => {}
        }
    }
    deepest
}

/// Keeps a `null` apart from a missing field: a model may well answer `null`.
fn present<'de, D: Deserializer<'de>>(input: D) -> Result<Option<&'de RawValue>, D::Error> {
    raw(input).map(Some)
}

fn raw<'de, D: Deserializer<'de>>(input: D) -> Result<&'de RawValue, D::Error> {
    <&RawValue>::deserialize(input)
}

#[cfg(test)]
mod tests;
