//! Whether a service can work, as its `/status` tells.

use std::time::Duration;

use hyper::Method;
use photo_config::ServiceUrl;
use photo_core::{JobError, JobErrorKind};
use serde_json::Value;

use super::answer::{Answer, BodyEnd};
use super::body;
use super::words::{self, beginning, told};
use super::{Failure, ServiceClient};

/// How long a service may take to tell its status.
const TIMEOUT: Duration = Duration::from_secs(5);

/// More of a status than this is not read.
const MAX_STATUS_BYTES: u64 = 64 * 1024;

/// Whether a service can work.
#[derive(Debug, Clone, PartialEq)]
pub enum Readiness {
    /// It can.
    Ready,
    /// Not yet. The earliest generation begins to load only when told ([`ServiceClient::start`]).
    Asleep,
    /// It cannot, for this reason, and may say for how long.
    NotReady(Failure),
}

impl ServiceClient {
    /// Asks a service whether it can work.
    pub async fn status(&self, url: &ServiceUrl) -> Readiness {
        match self.ask_for_status(url).await {
            Ok(answer) => {
                let whole = answer.end == BodyEnd::Complete;
                let told = Readiness::told(answer.status, if whole { &answer.body } else { b"" });
                told.asking_for(answer.retry_after)
            }
            Err(failure) => Readiness::NotReady(failure),
        }
    }

    /// Whether there is a service that tells its status, good or not. What answers with a page, or
    /// has no status, may be anything.
    pub async fn has_status(&self, url: &ServiceUrl) -> bool {
        self.ask_for_status(url).await.is_ok_and(|answer| {
            matches!(answer.status, 200..=299 | 503) && !words::is_page(&answer.body)
        })
    }

    async fn ask_for_status(&self, url: &ServiceUrl) -> Result<Answer, Failure> {
        let asked = async {
            let response = self.ask(Method::GET, &format!("{url}/status")).await?;
            Ok(body::read(response, MAX_STATUS_BYTES).await)
        };
        tokio::time::timeout(TIMEOUT, asked).await.unwrap_or_else(|_| {
            let message = format!("the service did not tell its status within {TIMEOUT:?}");
            Err(JobError::new(JobErrorKind::Timeout, message).into())
        })
    }

    /// Tells a service of the earliest generation to load its model. Others answer 405, and what
    /// came of it shows in the next [`ServiceClient::status`].
    pub async fn start(&self, url: &ServiceUrl) {
        let url = format!("{url}/status");
        let _ = tokio::time::timeout(TIMEOUT, self.ask(Method::POST, &url)).await;
    }
}

impl Readiness {
    /// What a service tells that answers `GET /status` with this status and body.
    pub fn told(status: u16, body: &[u8]) -> Self {
        let text = body;
        let body: Value = serde_json::from_slice(text).unwrap_or_default();
        let wrapped = body["status_code"].as_u64().and_then(|s| u16::try_from(s).ok());
        let status = wrapped.filter(|s| *s >= 400).unwrap_or(status);
        // Not every service has a `/status`; having none, it is at least there.
        if matches!(status, 404 | 405) {
            return Self::Ready;
        }
        if body["result"] == "False" || body["result"] == false {
            return Self::Asleep;
        }
        if (200..=299).contains(&status) && body["status"] != "failure" {
            return Self::Ready;
        }
        let said = if body.is_object() { told(text) } else { beginning(text) };
        let words = said.unwrap_or_else(|| "the service says that it is not ready".to_owned());
        Self::NotReady(JobError::new(JobErrorKind::NotReady, words).with_status(status).into())
    }

    /// The same of a service that wants to be asked again after so long.
    fn asking_for(mut self, retry_after: Option<Duration>) -> Self {
        if let Self::NotReady(failure) = &mut self {
            failure.retry_after = retry_after;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_ready(status: u16, body: &str) -> bool {
        Readiness::told(status, body.as_bytes()) == Readiness::Ready
    }

    #[test]
    fn every_generation_says_in_its_own_way_that_it_is_ready() {
        assert!(is_ready(200, r#"{"result": "True"}"#));
        assert!(is_ready(200, r#"{"status": "success", "detail": "Model ready to go."}"#));
        assert!(is_ready(200, r#"{"status": "success1"}"#));
        assert!(is_ready(204, ""));
        assert!(is_ready(200, "ok"));
    }

    #[test]
    fn a_service_without_a_status_is_taken_for_alive() {
        assert!(is_ready(404, r#"{"detail": "Not Found"}"#));
        assert!(is_ready(405, ""));
    }

    #[test]
    fn every_generation_says_in_its_own_way_that_it_is_not_ready() {
        assert_eq!(Readiness::told(200, br#"{"result": "False"}"#), Readiness::Asleep);
        assert!(!is_ready(503, r#"{"status": "failure", "detail": "Model is not ready."}"#));
        assert!(!is_ready(200, r#"{"status": "failure"}"#));
        assert!(!is_ready(200, r#"{"status_code": 503, "detail": "loading", "headers": null}"#));
        assert!(!is_ready(500, "Internal Server Error"));
        assert!(!is_ready(302, ""));
    }

    #[test]
    fn the_services_own_words_are_the_reason() {
        let Readiness::NotReady(failure) = Readiness::told(503, br#"{"detail": "still loading"}"#)
        else {
            panic!("503 is not ready");
        };
        assert_eq!(failure.error.message, "still loading");
        assert_eq!(failure.error.http_status, Some(503));
    }
}
