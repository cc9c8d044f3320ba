//! What operators ask for.

use std::collections::BTreeMap;

use photo_core::{ImageKey, ModelName};
use reqwest::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::wire::{Cancelled, Requeued};
use super::{CallError, CancelledJob, Server};

/// The longest line of a walk's account of itself.
const LONGEST_LINE: usize = 1 << 20;

/// A walk over all photos that the server makes, and tells about as it goes.
pub(crate) struct Walk<'a> {
    server: &'a Server,
    response: Response,
    text: Vec<u8>,
}

/// What the server tells about a walk.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Step {
    /// How far it has come.
    Progress(BTreeMap<String, Value>),
    /// What it found.
    Report(Box<RawValue>),
    /// Why it did not come to its end.
    Problem(Told),
}

/// A failure that is told in the middle of an answer.
#[derive(Debug, Deserialize)]
pub(crate) struct Told {
    /// What was wrong, and what to do.
    pub(crate) detail: String,
}

impl Server {
    /// Asks for a document that is shown as it is.
    pub(crate) async fn document(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<Box<RawValue>, CallError> {
        self.persist(|| self.call(self.get(path).query(query))).await
    }

    /// Reads such a document.
    pub(crate) fn read_document<T: DeserializeOwned>(
        &self,
        document: &RawValue,
    ) -> Result<T, CallError> {
        self.parse(document.get().as_bytes())
    }

    /// Has jobs cancelled; none named means all of each image.
    pub(crate) async fn cancel(
        &self,
        images: &[ImageKey],
        models: &[ModelName],
    ) -> Result<Vec<CancelledJob>, CallError> {
        let mut body = json!({"images": images});
        if !models.is_empty() {
            body["models"] = json!(models);
        }
        Ok(self.ask::<Cancelled>("/predict/cancel", &body).await?.jobs)
    }

    /// Has unfinished jobs of these models cancelled, whosever they are, at most so many.
    pub(crate) async fn cancel_models(
        &self,
        models: &[ModelName],
        limit: u64,
    ) -> Result<Cancelled, CallError> {
        self.ask("/predict/cancel", &json!({"models": models, "limit": limit})).await
    }

    /// Queues failed jobs again: of these images, of these models, at most `limit`.
    pub(crate) async fn retry(
        &self,
        images: Option<&[ImageKey]>,
        models: &[ModelName],
        limit: u64,
    ) -> Result<u64, CallError> {
        let mut body = json!({"limit": limit});
        if let Some(images) = images {
            body["images"] = json!(images);
        }
        if !models.is_empty() {
            body["models"] = json!(models);
        }
        Ok(self.ask::<Requeued>("/predict/retry", &body).await?.requeued)
    }

    /// Has photos, records and jobs compared. Not tried again: a walk that was broken off may
    /// still go on.
    pub(crate) async fn fsck(&self, dry_run: bool, deep: bool) -> Result<Walk<'_>, CallError> {
        let mut request = self.post("/fsck").query(&[("dry_run", dry_run)]);
        if deep {
            // A server of an earlier version need not know what it is not asked for.
            request = request.query(&[("deep", true)]);
        }
        let response = self.open_in_time(request).await?;
        Ok(Walk { server: self, response, text: Vec::new() })
    }
}

impl Walk<'_> {
    /// What the server says next; an error if it stops before the walk is over.
    pub(crate) async fn next(&mut self) -> Result<Step, CallError> {
        loop {
            if let Some(end) = self.text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.text.drain(..=end).collect();
                if line.trim_ascii().is_empty() {
                    continue;
                }
                return self.server.parse(&line);
            }
            if self.text.len() > LONGEST_LINE {
                return Err(self.server.garbled("a line without an end"));
            }
            match self.server.next_piece(&mut self.response).await? {
                Some(piece) => self.text.extend_from_slice(&piece),
                None if self.text.is_empty() => {
                    return Err(self.server.broken("it ended before the report"));
                }
                // The last line may come without its end.
                None => self.text.push(b'\n'),
            }
        }
    }
}
