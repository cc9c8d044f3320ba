//! The server as all connections see it: where it is, and whether it will do.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deadpool_redis::redis::aio::{MultiplexedConnection, PubSub};
use deadpool_redis::redis::{AsyncConnectionConfig, ConnectionAddr, RedisResult};
use tokio::time::timeout;
use tracing::{error, info};

use super::address::Address;
use super::check::check;
use super::layouts::announce;
use crate::redis::error::ConnectError;
use crate::redis::keys::Keys;
use crate::settings::Layouts;

/// How long a connection may take to be made: finding the server and judging it included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long an answer may take.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(3);

/// Makes connections, each to whatever server is the right one at that moment.
pub(crate) struct Server {
    address: Address,
    keys: Keys,
    layouts: Layouts,
    /// Why it will not do, if it was found so and the log says it.
    unfit: Mutex<Option<String>>,
}

/// A connection for commands, and where it leads.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) commands: MultiplexedConnection,
    place: ConnectionAddr,
}

impl Server {
    pub(crate) fn new(address: Address, keys: Keys, layouts: Layouts) -> Self {
        Self { address, keys, layouts, unfit: Mutex::default() }
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(crate) fn layouts(&self) -> Layouts {
        self.layouts
    }

    /// A connection for commands, to a server that takes writes and was found fit for jobs.
    pub(crate) async fn connect(&self) -> Result<Connection, ConnectError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT));
        within(async {
            let client = self.address.resolve().await?;
            let mut commands = client.get_multiplexed_async_connection_with_config(&config).await?;
            check(&client, &mut commands, &self.keys, self.layouts).await?;
            self.say_what_is_read(&mut commands).await?;
            Ok(Connection { commands, place: client.get_connection_info().addr().clone() })
        })
        .await
    }

    /// Says on the server which layouts are read here, see [`announce`]. Answers whether the layout
    /// there still is one of them.
    pub(crate) async fn say_what_is_read(
        &self,
        commands: &mut MultiplexedConnection,
    ) -> RedisResult<bool> {
        let layout = announce(self.layouts, self.keys.tag(), commands).await?;
        Ok(self.layouts.check(&layout, self.keys.tag()).is_ok())
    }

    /// Whether the server is known to be elsewhere by now than where this connection leads.
    pub(crate) async fn has_moved(&self, connection: &Connection) -> bool {
        self.address.has_moved(&connection.place).await
    }

    /// A connection for messages.
    pub(crate) async fn listen(&self, channels: &[String]) -> Result<PubSub, ConnectError> {
        within(async {
            let mut messages = self.address.resolve().await?.get_async_pubsub().await?;
            messages.subscribe(channels).await?;
            Ok(messages)
        })
        .await
    }

    /// Says in the log that the server will not do, or does again; once, however many
    /// connections find out.
    pub(crate) fn note(&self, found: Result<(), &ConnectError>) {
        let mut unfit = self.unfit.lock().unwrap_or_else(PoisonError::into_inner);
        match found {
            Err(ConnectError::Unfit(why) | ConnectError::Refused(why))
                if unfit.as_ref() != Some(why) =>
            {
                error!("no jobs are entrusted to Redis as it is: {why}");
                *unfit = Some(why.clone());
            }
            Ok(()) if unfit.take().is_some() => info!("Redis will do again"),
            _ => {}
        }
    }
}

async fn within<T>(made: impl Future<Output = Result<T, ConnectError>>) -> Result<T, ConnectError> {
    timeout(CONNECT_TIMEOUT, made).await.unwrap_or_else(|_| {
        Err(ConnectError::Away(format!(
            "Redis let nobody connect within {} seconds",
            CONNECT_TIMEOUT.as_secs()
        )))
    })
}
