//! `GET /predict/<md5>?wait=…`: answered when there is something to say.

use std::sync::Arc;
use std::time::Duration;

use photo_core::{ImageKey, UnixMillis};
use tokio::time::timeout;

use crate::app::AppState;
use crate::app::job_views::model_filter::ModelFilter;
use crate::app::subscriptions::Watch;
use crate::http::error::ApiError;
use crate::http::query::{Query, wrong};

/// The longest wait; what lies between us and the client cuts connections that are silent for more.
const LONGEST: Duration = Duration::from_mins(1);

/// How long a query says that its client wants to wait.
pub(crate) fn from_query(query: &Query) -> Result<Duration, ApiError> {
    let Some(text) = query.get("wait") else { return Ok(Duration::ZERO) };
    let wait = match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => humantime::parse_duration(text).ok(),
    };
    let wait = wait.map(|wait| wait.min(LONGEST));
    wait.ok_or_else(|| wrong("wait", text, "a time such as 30s or 1m"))
}

/// Waits until those jobs of an image are finished that are meant: so long at most, and not beyond the end of this process or
/// while the store is away.
pub(crate) async fn until_finished(
    state: Arc<AppState>,
    image: ImageKey,
    filter: &ModelFilter,
    wait: Duration,
) -> Result<(), ApiError> {
    let _place = state.hub.places.take()?;
    let mut watch = Watch::begin(Arc::clone(&state), vec![image], filter.clone(), UnixMillis(0))?;
    let finished = async {
        while !watch.is_over() {
            let looks = watch.due(1).await;
            if watch.look(looks).await.is_empty() {
                return;
            }
        }
    };
    tokio::select! {
        () = state.closing.cancelled() => {}
        // Either way the client is told how it is by now.
        _ = timeout(wait, finished) => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Duration, ApiError> {
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
            assert!(matches!(read(query), Err(ApiError::BadRequest(_))), "{query}");
        }
    }
}
