//! Keeps endpoints known that announced themselves and are not heard of any more.
//!
//! Some releases of the services announce themselves once and then only look whether the server is
//! there. So an endpoint that falls silent is asked for its status before it is taken for gone,
//! and, after that, again for a day. What answers is kept alive in the store, where every
//! dispatcher and the api see it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use photo_config::{Config, ServiceUrl};
use photo_core::job::{AnnouncedEndpoint, Announcement};
use photo_core::ports::StoreError;
use tokio::time::Instant;
use tracing::{debug, info};

use super::{EndpointName, SignsOfLife};
use crate::backoff::about;
use crate::context::{DispatcherContext, STORE_TIMEOUT, within};

/// The most endpoints asked in one round, and at once.
const MAX_QUESTIONS: usize = 64;
const MAX_QUESTIONS_AT_ONCE: usize = 16;

/// The longest time between two questions to one that is gone.
const MAX_INTERVAL: Duration = Duration::from_mins(1);

/// Announcements of one address that are no further apart come from one service.
const SAME_SERVICE_MS: i64 = 2_000;

/// Looks after the announced endpoints until the dispatcher is over.
pub async fn run(context: Arc<DispatcherContext>, config: Config, signs: Arc<SignsOfLife>) {
    let mut asked = HashMap::new();
    loop {
        tokio::select! {
            () = context.over.cancelled() => return,
            () = tokio::time::sleep(about(context.settings.renewal)) => {}
        }
        let round = round(&context, &config, &signs, &mut asked);
        if let Some(Err(error)) = context.over.run_until_cancelled(round).await {
            // That the store is away, the central loop says.
            debug!(%error, "could not keep the announced endpoints");
        }
    }
}

async fn round(
    context: &DispatcherContext,
    config: &Config,
    signs: &SignsOfLife,
    asked: &mut HashMap<EndpointName, Instant>,
) -> Result<(), StoreError> {
    let announced = within(STORE_TIMEOUT, context.store.announced()).await?;
    let signs = signs.take();
    let is_elsewhere =
        |endpoint: &AnnouncedEndpoint| {
            config.models.keys().filter(|model| **model != endpoint.model).any(|model| {
                config.model(model).urls.iter().any(|url| url.as_str() == endpoint.url)
            })
        };
    let silence = config.model_defaults.silence;
    let is_used = |endpoint: &&AnnouncedEndpoint| {
        config.model(&endpoint.model).takes_announcements && !is_elsewhere(endpoint)
    };
    let due: Vec<_> = due(&announced, silence).filter(is_used).collect();
    let known: HashSet<EndpointName> = due.iter().map(|it| name(it)).collect();
    asked.retain(|endpoint, _| known.contains(endpoint));

    let is_time = |endpoint: &&&AnnouncedEndpoint| {
        let last = asked.get(&name(endpoint));
        last.is_none_or(|at| at.elapsed() >= interval(endpoint.left_ms))
    };
    let mut chosen: Vec<_> = due.iter().filter(is_time).copied().collect();
    chosen.sort_by_key(|endpoint| asked.get(&name(endpoint)).copied());
    chosen.truncate(MAX_QUESTIONS);
    let now = Instant::now();
    asked.extend(chosen.iter().map(|endpoint| (name(endpoint), now)));

    let questions: Vec<_> = chosen
        .into_iter()
        .map(|endpoint| {
            let has_answered = signs.contains(&name(endpoint));
            if_alive(context, endpoint.clone(), has_answered)
        })
        .collect();
    let alive = stream::iter(questions).buffer_unordered(MAX_QUESTIONS_AT_ONCE);
    let alive: Vec<_> = alive.filter_map(std::future::ready).collect().await;
    for endpoint in alive.iter().filter(|it| it.left_ms <= 0) {
        info!(model = %endpoint.model, url = %endpoint.url, "a silent endpoint answers again");
    }
    // Not as long as an announcement is good for, which so is told apart from this.
    let lifetime = silence * 2 / 3;
    let renewals: Vec<_> = alive
        .into_iter()
        .map(|AnnouncedEndpoint { model, url, .. }| Announcement {
            model,
            url,
            lifetime,
            from: None,
        })
        .collect();
    if renewals.is_empty() {
        return Ok(());
    }
    within(STORE_TIMEOUT, context.store.renew(&renewals)).await
}

/// The endpoints that fall silent soon or have, where an announcement is good for `silence`.
///
/// Where one address was announced for several models, the latest counts: another service may
/// have taken the place of the one that announced itself first, and would answer in its name.
fn due(
    announced: &[AnnouncedEndpoint],
    silence: Duration,
) -> impl Iterator<Item = &AnnouncedEndpoint> {
    let mut latest: HashMap<&str, i64> = HashMap::new();
    for endpoint in announced {
        let left = latest.entry(&endpoint.url).or_insert(i64::MIN);
        *left = endpoint.left_ms.max(*left);
    }
    let soon = i64::try_from((silence / 3).as_millis()).unwrap_or(i64::MAX);
    announced.iter().filter(move |endpoint| {
        let latest = latest.get(&*endpoint.url).copied().unwrap_or(i64::MIN);
        endpoint.left_ms < soon && endpoint.left_ms.saturating_add(SAME_SERVICE_MS) >= latest
    })
}

/// How long to wait between two questions to one that has so long left: none while it is alive,
/// and then the longer, the longer it has been gone.
fn interval(left_ms: i64) -> Duration {
    let gone = Duration::from_millis(left_ms.min(0).unsigned_abs());
    (gone / 4).min(MAX_INTERVAL)
}

/// The endpoint, if it `has_answered` or tells its status.
async fn if_alive(
    context: &DispatcherContext,
    endpoint: AnnouncedEndpoint,
    has_answered: bool,
) -> Option<AnnouncedEndpoint> {
    if has_answered {
        return Some(endpoint);
    }
    let url: ServiceUrl = endpoint.url.parse().ok()?;
    (!url.is_off_limits() && context.services.has_status(&url).await).then_some(endpoint)
}

fn name(endpoint: &AnnouncedEndpoint) -> EndpointName {
    (endpoint.model.clone(), endpoint.url.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENCE: Duration = Duration::from_secs(45);

    fn endpoint(model: &str, url: &str, left_seconds: i64) -> AnnouncedEndpoint {
        let model = model.parse().unwrap();
        AnnouncedEndpoint { model, url: url.to_owned(), left_ms: left_seconds * 1_000 }
    }

    fn due_models(announced: &[AnnouncedEndpoint]) -> Vec<&str> {
        due(announced, SILENCE).map(|endpoint| endpoint.model.as_str()).collect()
    }

    #[test]
    fn one_that_announces_itself_is_not_asked_and_one_that_does_not_is_before_it_is_gone() {
        let announced = [
            endpoint("lively", "http://a:1", 35),
            endpoint("renewed", "http://b:1", 20),
            endpoint("silent", "http://c:1", 14),
            endpoint("gone", "http://d:1", -3_600),
        ];
        assert_eq!(due_models(&announced), ["silent", "gone"]);
    }

    #[test]
    fn an_address_that_another_model_has_now_is_not_asked_for_the_first() {
        let announced = [endpoint("old", "http://a:1", 10), endpoint("new", "http://a:1", 40)];
        assert_eq!(due_models(&announced), Vec::<&str>::new());
        // Nor once both are silent.
        let announced = [endpoint("old", "http://a:1", -30), endpoint("new", "http://a:1", 5)];
        assert_eq!(due_models(&announced), ["new"]);
        // Two models of one service announced themselves together.
        let announced = [endpoint("one", "http://a:1", 10), endpoint("two", "http://a:1", 11)];
        assert_eq!(due_models(&announced), ["one", "two"]);
    }

    #[test]
    fn one_that_has_been_gone_for_long_is_asked_once_a_minute() {
        let seconds = |left: i64| interval(left * 1_000).as_secs();
        assert_eq!([10, 0, -8, -40, -86_000].map(seconds), [0, 0, 2, 10, 60]);
    }
}
