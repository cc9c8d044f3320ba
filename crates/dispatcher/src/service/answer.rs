//! What an answer to `/predict` means.

use std::time::Duration;

use photo_core::{JobError, JobErrorKind};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::Failure;
use super::body::BodyEnd;

/// How much of an answer that is not JSON is kept as the service's words, in bytes.
const WORDS: usize = 500;

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
    #[serde(borrow, default)]
    detail: Option<&'a RawValue>,
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
        let wrapped = envelope.as_ref().and_then(Envelope::wrapped_status);
        let status = wrapped.unwrap_or(self.status);
        let kind = match status {
            200..=299 => return self.good(envelope.as_ref()),
            429 => JobErrorKind::Overloaded,
            503 => JobErrorKind::NotReady,
            408 | 425 | 500.. => JobErrorKind::ServerError,
            400..=499 => JobErrorKind::Refused,
            _ => JobErrorKind::BadAnswer,
        };
        let words = self.words(envelope.as_ref());
        let message =
            words.unwrap_or_else(|| format!("the service answered {status} and said nothing"));
        let error = JobError::new(kind, message).with_status(status);
        Err(Failure { error, retry_after: self.retry_after })
    }

    fn good(&self, envelope: Option<&Envelope<'_>>) -> Result<Prediction, Failure> {
        let bad = |message: String| {
            Err(JobError::new(JobErrorKind::BadAnswer, message).with_status(self.status).into())
        };
        match self.end {
            BodyEnd::Complete => {}
            BodyEnd::TooLong { limit } => {
                return bad(format!("the answer is longer than the limit of {limit} bytes"));
            }
            BodyEnd::Broken => {
                return bad("the connection broke in the middle of the answer".to_owned());
            }
        }
        let Some(envelope) = envelope else {
            return bad("the answer is not a JSON object".to_owned());
        };
        if envelope.says_failure() {
            let words = self.words(Some(envelope)).unwrap_or_else(|| "it said nothing".to_owned());
            return bad(format!("the service answered 200 and failure: {words}"));
        }
        let Some(result) = envelope.result else {
            return bad("the answer has no `result`".to_owned());
        };
        Ok(match object::<Classified<'_>>(result.get().as_bytes()) {
            Some(inner) => Prediction {
                result: inner.result.to_owned(),
                classes: Some(inner.classes.to_owned()),
            },
            None => Prediction { result: result.to_owned(), classes: None },
        })
    }

    fn envelope(&self) -> Option<Envelope<'_>> {
        (self.end == BodyEnd::Complete).then(|| object(&self.body)).flatten()
    }

    /// What the service says about its failure.
    fn words(&self, envelope: Option<&Envelope<'_>>) -> Option<String> {
        if let Some(detail) = envelope.and_then(|e| e.detail) {
            let text = serde_json::from_str(detail.get());
            return Some(text.unwrap_or_else(|_| detail.get().to_owned()));
        }
        let start = &self.body[..self.body.len().min(WORDS)];
        let text = String::from_utf8_lossy(start).trim().to_owned();
        (!text.is_empty()).then_some(text)
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
fn object<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Option<T> {
    let text = text.trim_ascii();
    text.starts_with(b"{").then(|| serde_json::from_slice(text).ok()).flatten()
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
