//! A connection that is kept, and replaced when it breaks.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{
    AsyncConnectionConfig, ConnectionInfo, FromRedisValue, Pipeline, RedisError, RedisResult,
    ScriptInvocation,
};
use deadpool_redis::{Connection, Manager, Pool};
use photo_core::ports::StoreError;

use super::error::{connection_is_lost, store_error};

/// How long a connection may take to be made, waiting for one's turn included.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long an answer may take.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Makes connections, no more than two at once.
pub(super) fn pool(server: ConnectionInfo) -> RedisResult<Pool> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        .set_response_timeout(Some(RESPONSE_TIMEOUT));
    let manager = Manager::new_with_config(server, config)?;
    Ok(Pool::builder(manager)
        .max_size(2)
        .build()
        .expect("a pool without time-outs needs no runtime"))
}

/// One connection, shared by all callers at once: requests are pipelined in the order they come.
///
/// It comes out of the pool once and stays out, since the pool would ping the server whenever a
/// connection is taken.
#[derive(Debug)]
pub(super) struct Link {
    pool: Pool,
    current: Mutex<Current>,
    /// Held while a connection is made, so that an outage is not met by one attempt per caller.
    connecting: tokio::sync::Mutex<()>,
}

/// Why there is no answer.
enum Failure {
    /// The connection turned out to be broken. A new one may do.
    Broken(StoreError),
    /// Anything else.
    Final(StoreError),
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        let (Failure::Broken(error) | Failure::Final(error)) = failure;
        error
    }
}

/// Nothing to connect to.
impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Final(error)
    }
}

/// The connection, and which one it is by count.
#[derive(Debug, Default)]
struct Current {
    number: u64,
    connection: Option<MultiplexedConnection>,
}

impl Link {
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool, current: Mutex::default(), connecting: tokio::sync::Mutex::default() }
    }

    /// Runs a script, sending its text first if the server does not know it.
    ///
    /// A connection may have broken long ago without anybody noticing, as after a restart of the
    /// server; the first caller to find out asks once more on a new one. So a script may run
    /// twice, which every script but a claim bears.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        call: &ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        match self.try_run(call).await {
            Err(Failure::Broken(_)) => self.run_once(call).await,
            answer => Ok(answer?),
        }
    }

    /// Runs a script, and only once: for those that hand something out.
    pub(super) async fn run_once<T: FromRedisValue>(
        &self,
        call: &ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        Ok(self.try_run(call).await?)
    }

    /// Sends commands together and reads their answers. Like [`Link::run`], it may do so twice.
    pub(super) async fn send<T: FromRedisValue>(
        &self,
        commands: &Pipeline,
    ) -> Result<T, StoreError> {
        match self.try_send(commands).await {
            Err(Failure::Broken(_)) => Ok(self.try_send(commands).await?),
            answer => Ok(answer?),
        }
    }

    async fn try_run<T: FromRedisValue>(&self, call: &ScriptInvocation<'_>) -> Result<T, Failure> {
        let (number, mut connection) = self.connection().await?;
        let answer = call.invoke_async(&mut connection).await;
        answer.map_err(|error| self.failed(number, error))
    }

    async fn try_send<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, Failure> {
        let (number, mut connection) = self.connection().await?;
        let answers = commands.query_async(&mut connection).await;
        answers.map_err(|error| self.failed(number, error))
    }

    async fn connection(&self) -> Result<(u64, MultiplexedConnection), StoreError> {
        if let Some(current) = self.current() {
            return Ok(current);
        }
        match tokio::time::timeout(CONNECT_TIMEOUT, self.connect()).await {
            Ok(connected) => connected,
            Err(_) => Err(StoreError::unavailable(format!(
                "Redis let nobody connect within {} seconds",
                CONNECT_TIMEOUT.as_secs()
            ))),
        }
    }

    async fn connect(&self) -> Result<(u64, MultiplexedConnection), StoreError> {
        let _turn = self.connecting.lock().await;
        // Another caller may have connected while this one waited.
        if let Some(current) = self.current() {
            return Ok(current);
        }
        let pooled = self.pool.get().await.map_err(StoreError::unavailable)?;
        let connection = Connection::take(pooled);
        let mut current = self.lock();
        current.number += 1;
        current.connection = Some(connection.clone());
        Ok((current.number, connection))
    }

    fn current(&self) -> Option<(u64, MultiplexedConnection)> {
        let current = self.lock();
        current.connection.clone().map(|connection| (current.number, connection))
    }

    /// Drops the connection if the error says so and nobody has replaced it yet.
    fn failed(&self, number: u64, error: RedisError) -> Failure {
        if !connection_is_lost(&error) {
            return Failure::Final(store_error(error));
        }
        let mut current = self.lock();
        if current.number == number {
            current.connection = None;
        }
        // To wait for an answer once more would be to wait twice as long.
        if error.is_timeout() {
            Failure::Final(store_error(error))
        } else {
            Failure::Broken(store_error(error))
        }
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        // Nothing that can panic happens under the lock.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
