//! Where the server is: where the configuration says, or where sentinels say it is now.

use std::collections::HashMap;
use std::time::Duration;

use deadpool_redis::redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisError,
    RedisResult, cmd,
};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use photo_config::{SentinelUrl, StoreUrl};

use crate::redis::error::{ConnectError, Unfit};

/// How long one sentinel may take to answer.
const SENTINEL_TIMEOUT: Duration = Duration::from_secs(1);

/// What an answer of a sentinel is: host and port.
type HostPort = (String, u16);

/// What sentinels together answer.
struct Vote {
    place: HostPort,
    /// Whether more than half of all of them name this place, not only of those that answered.
    most: bool,
}

/// Where the server that takes writes is to be found.
pub(crate) enum Address {
    /// At this place.
    Fixed(Client),
    /// Where these sentinels say it is.
    Sentinels {
        sentinels: Vec<Client>,
        master: String,
        /// How to log in, and which database to choose.
        server: ConnectionInfo,
    },
}

impl Address {
    /// Reads a `redis:` or `redis-sentinel:` address.
    pub(crate) fn parse(url: &str) -> Result<Self, Unfit> {
        let unusable = |error: String| Unfit(format!("the Redis URL cannot be used: {error}"));
        let address = match StoreUrl::try_from(url.to_owned()).map_err(unusable)? {
            StoreUrl::Redis(text) => Client::open(text).map(Self::Fixed),
            StoreUrl::Sentinel(url) => Self::sentinels(&url),
            StoreUrl::Sqlite(_) => return Err(unusable("it is a file".to_owned())),
        };
        address.map_err(|error| unusable(error.to_string()))
    }

    fn sentinels(url: &SentinelUrl) -> RedisResult<Self> {
        let sentinels = url.sentinels().iter().map(|sentinel| Client::open(sentinel.as_str()));
        Ok(Self::Sentinels {
            sentinels: sentinels.collect::<RedisResult<_>>()?,
            master: url.master().to_owned(),
            server: url.server().as_str().into_connection_info()?,
        })
    }

    /// The server to connect to now.
    pub(crate) async fn resolve(&self) -> Result<Client, ConnectError> {
        match self {
            Self::Fixed(client) => Ok(client.clone()),
            Self::Sentinels { sentinels, master, server } => {
                let (host, port) = ask_all(sentinels, master).await?.place;
                let place = server.clone().set_addr(ConnectionAddr::Tcp(host, port));
                Client::open(place).map_err(ConnectError::from)
            }
        }
    }

    /// Whether most of the sentinels name another place than this one. Fewer are not enough to
    /// leave a server that works.
    pub(crate) async fn has_moved(&self, from: &ConnectionAddr) -> bool {
        let Self::Sentinels { sentinels, master, .. } = self else { return false };
        let vote = ask_all(sentinels, master).await;
        vote.is_ok_and(|Vote { place: (host, port), most }| {
            most && ConnectionAddr::Tcp(host, port) != *from
        })
    }
}

/// The place that most of the sentinels name, as far as they answer. One that was cut off from the
/// others may still name the server that was the master before.
async fn ask_all(sentinels: &[Client], master: &str) -> Result<Vote, ConnectError> {
    let mut answers: FuturesUnordered<_> =
        sentinels.iter().map(|sentinel| ask(sentinel, master)).collect();
    let mut votes: HashMap<HostPort, usize> = HashMap::new();
    let (mut ignorant, mut failure) = (0, None);
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(Some(place)) => {
                let count = votes.entry(place.clone()).or_default();
                *count += 1;
                if *count * 2 > sentinels.len() {
                    return Ok(Vote { place, most: true });
                }
            }
            Ok(None) => ignorant += 1,
            Err(error) => failure = Some(error),
        }
    }
    if let Some((place, _)) = votes.into_iter().max_by_key(|(_, count)| *count) {
        return Ok(Vote { place, most: false });
    }
    match failure {
        None => Err(ConnectError::Unfit(format!("the sentinels know no master named `{master}`"))),
        // A wrong password says more than a sentinel that does not answer.
        Some(error) => match ConnectError::from(error) {
            ConnectError::Unfit(why) | ConnectError::Refused(why) => {
                Err(ConnectError::Unfit(format!("a sentinel refused: {why}")))
            }
            ConnectError::Away(why) if ignorant == 0 => {
                Err(ConnectError::Away(format!("no sentinel answers: {why}")))
            }
            ConnectError::Away(why) => Err(ConnectError::Away(format!(
                "{ignorant} of {} sentinels know no master named `{master}`, the others do not \
                 answer: {why}",
                sentinels.len()
            ))),
        },
    }
}

async fn ask(sentinel: &Client, master: &str) -> Result<Option<HostPort>, RedisError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(SENTINEL_TIMEOUT))
        .set_response_timeout(Some(SENTINEL_TIMEOUT));
    let mut connection = sentinel.get_multiplexed_async_connection_with_config(&config).await?;
    cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(master).query_async(&mut connection).await
}
