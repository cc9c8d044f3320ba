//! `GET /predict/<md5>?wait=…`: answered when there is something to say.

use std::sync::Arc;
use std::time::Duration;

use photo_core::{ImageKey, UnixMillis};
use tokio::time::timeout;

use crate::app::AppState;
use crate::app::job_views::ModelFilter;
use crate::app::subscriptions::Subscription;
use crate::http::problem::Problem;
use crate::http::query::{Query, wrong};
use crate::http::request_error::RequestError;

/// The longest wait; proxies between this server and the client cut connections that are silent for
/// longer.
const MAX_WAIT: Duration = Duration::from_mins(1);

/// How long a query says that its client wants to wait.
pub(crate) fn from_query(query: &Query) -> Result<Duration, RequestError> {
    let Some(text) = query.get("wait") else { return Ok(Duration::ZERO) };
    let wait = match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => humantime::parse_duration(text).ok(),
    };
    let wait = wait.map(|wait| wait.min(MAX_WAIT));
    wait.ok_or_else(|| wrong("wait", text, "a time such as 30s or 1m"))
}

/// Waits until the jobs of an image that pass `filter` are finished: no longer than `wait`, and not
/// beyond the end of this process or while the store is away.
pub(crate) async fn until_finished(
    state: &AppState,
    image: ImageKey,
    filter: &ModelFilter,
    wait: Duration,
) -> Result<(), Problem> {
    let _permit = state.subscriptions.permits.take()?;
    let subscriptions = Arc::clone(&state.subscriptions);
    let mut subscription =
        Subscription::begin(subscriptions, vec![image], filter.clone(), UnixMillis(0))?;
    let finished = async {
        while !subscription.is_over() {
            let due = subscription.due(1).await;
            if subscription.read(due).await.is_empty() {
                return;
            }
        }
    };
    tokio::select! {
        () = state.closing.cancelled() => {}
        // Either way the status is read again and sent.
        _ = timeout(wait, finished) => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Duration, RequestError> {
        from_query(&Query::parse(query))
    }

    #[test]
    fn a_wait_is_seconds_or_a_time_and_no_longer_than_a_minute() {
        for (query, seconds) in [
            ("", 0),
            ("wait=0", 0),
            ("wait=5", 5),
            ("a=b&wait=30s", 30),
            ("wait=1m%205s", 60),
            ("wait=18446744073709551615", 60),
        ] {
            assert_eq!(read(query).unwrap(), Duration::from_secs(seconds), "{query}");
        }
        assert_eq!(read("wait=20ms").unwrap(), Duration::from_millis(20));
        for query in ["wait", "wait=", "wait=soon", "wait=-1", "wait=1.5"] {
            assert!(matches!(read(query), Err(RequestError::Unreadable(_))), "{query}");
        }
    }
}
