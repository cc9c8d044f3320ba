//! A connection that is kept, and replaced when it breaks.

use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{Cmd, FromRedisValue, RedisError, RedisResult, ScriptInvocation};
use photo_core::ports::StoreError;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

use super::server::{Connection, Server};
use crate::redis::error::{ConnectError, connection_is_lost, store_error};

/// The pause between attempts to connect.
const PAUSE: Duration = Duration::from_millis(200);
/// The pause between two looks at whether the connection is still the right one.
const LOOK: Duration = Duration::from_secs(2);

/// One connection, shared by all callers at once: requests are pipelined in the order they come.
///
/// A task of its own makes it, and makes another when a caller finds it broken; so an outage is
/// met by one attempt at a time, however many callers there are, and ends by itself. While the
/// server does not answer callers are told so at once. The task also looks itself every few
/// seconds: callers that give up before the answer is overdue never find out that none comes.
pub(crate) struct Link {
    state: Arc<watch::Sender<LinkState>>,
    _keeper: AbortOnDropHandle<()>,
}

/// How it stands with the connection.
pub(crate) enum LinkState {
    /// Nothing is wrong as far as anybody knows, but there is none: callers wait for it.
    Connecting,
    /// Here it is, and which one it is by count.
    Connected(u64, Connection),
    /// The last attempt failed, or an answer did not come: callers do not wait.
    Away(String),
}

/// What the server can be asked.
pub(crate) trait RedisCall: Sync {
    fn ask<T: FromRedisValue + Send>(
        &self,
        commands: &mut MultiplexedConnection,
    ) -> impl Future<Output = RedisResult<T>> + Send;
}

impl RedisCall for Cmd {
    async fn ask<T: FromRedisValue + Send>(
        &self,
        commands: &mut MultiplexedConnection,
    ) -> RedisResult<T> {
        self.query_async(commands).await
    }
}

/// A script, whose text is sent first if the server does not know it.
impl RedisCall for ScriptInvocation<'_> {
    async fn ask<T: FromRedisValue + Send>(
        &self,
        commands: &mut MultiplexedConnection,
    ) -> RedisResult<T> {
        self.invoke_async(commands).await
    }
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

impl Link {
    /// A link to the server, with which it stands like this.
    pub(crate) fn new(server: Arc<Server>, state: LinkState) -> Self {
        let state = Arc::new(watch::Sender::new(state));
        let keeper = tokio::spawn(keep(server, Arc::clone(&state)));
        Self { state, _keeper: AbortOnDropHandle::new(keeper) }
    }

    /// Whether there is a connection, as far as anybody knows.
    pub(crate) fn is_connected(&self) -> bool {
        matches!(&*self.state.borrow(), LinkState::Connected(..))
    }

    /// Asks for something, and waits for the answer.
    ///
    /// A connection may have broken long ago without anybody noticing, as after a restart of the
    /// server; the first caller to find out asks once more on a new one. So a script may run
    /// twice, which every script bears but a claim and putting back the oldest failed jobs.
    pub(crate) async fn run<T: FromRedisValue + Send>(
        &self,
        call: &impl RedisCall,
    ) -> Result<T, StoreError> {
        match self.try_run(call).await {
            Err(Failure::Broken(_)) => self.run_once(call).await,
            answer => Ok(answer?),
        }
    }

    /// Asks only once: for scripts that hand something out.
    pub(crate) async fn run_once<T: FromRedisValue + Send>(
        &self,
        call: &impl RedisCall,
    ) -> Result<T, StoreError> {
        Ok(self.try_run(call).await?)
    }

    async fn try_run<T: FromRedisValue + Send>(&self, call: &impl RedisCall) -> Result<T, Failure> {
        let (number, mut commands) = self.connection().await?;
        let answer = call.ask(&mut commands).await;
        answer.map_err(|error| failed(&self.state, number, error))
    }

    async fn connection(&self) -> Result<(u64, MultiplexedConnection), StoreError> {
        let mut states = self.state.subscribe();
        let state = states.wait_for(|state| !matches!(state, LinkState::Connecting)).await;
        match &*state.map_err(StoreError::unavailable)? {
            LinkState::Connected(number, connection) => Ok((*number, connection.commands.clone())),
            LinkState::Away(why) => Err(StoreError::unavailable(why.clone())),
            LinkState::Connecting => unreachable!("this state was waited out"),
        }
    }
}

/// Gives the connection up if the error says so.
fn failed(state: &watch::Sender<LinkState>, number: u64, error: RedisError) -> Failure {
    if !connection_is_lost(&error) {
        return Failure::Final(store_error(error));
    }
    // Where no answer comes, none will come to the next one who asks; and to wait for an answer
    // once more would be to wait twice as long.
    if error.is_timeout() {
        give_up(state, number, LinkState::Away(error.to_string()));
        Failure::Final(store_error(error))
    } else {
        give_up(state, number, LinkState::Connecting);
        Failure::Broken(store_error(error))
    }
}

/// Gives a connection up if nobody has replaced it yet.
fn give_up(state: &watch::Sender<LinkState>, number: u64, next: LinkState) {
    state.send_if_modified(|state| {
        let current = matches!(state, LinkState::Connected(current, _) if *current == number);
        if current {
            *state = next;
        }
        current
    });
}

/// Connects whenever there is no connection.
async fn keep(server: Arc<Server>, state: Arc<watch::Sender<LinkState>>) {
    let mut states = state.subscribe();
    for number in 1.. {
        tokio::select! {
            // The sender is held here too, so there is always an answer.
            _ = states.wait_for(|state| !matches!(state, LinkState::Connected(..))) => {}
            () = look_after(&server, &state) => {}
        }
        loop {
            let connected = server.connect().await;
            server.note(connected.as_ref().map(|_| ()));
            match connected {
                Ok(connection) => {
                    state.send_replace(LinkState::Connected(number, connection));
                    break;
                }
                Err(error) => {
                    state.send_replace(LinkState::Away(error.to_string()));
                    // What a person has to change is not looked at as often.
                    sleep(if matches!(error, ConnectError::Away(_)) { PAUSE } else { LOOK }).await;
                }
            }
        }
    }
}

/// Gives the connection up once no answers come on it any more, the layout of the keys is not read
/// here any more, or the server is elsewhere: a master that was frozen and replaced takes writes
/// for a moment when it goes on, and they are lost.
async fn look_after(server: &Server, state: &watch::Sender<LinkState>) {
    loop {
        sleep(LOOK).await;
        let (number, mut connection) = match &*state.borrow() {
            LinkState::Connected(number, connection) => (*number, connection.clone()),
            LinkState::Connecting | LinkState::Away(_) => return,
        };
        match server.say_what_is_read(&mut connection.commands).await {
            Err(error) => {
                failed(state, number, error);
            }
            Ok(is_readable) if !is_readable || server.has_moved(&connection).await => {
                give_up(state, number, LinkState::Connecting);
            }
            Ok(_) => {}
        }
    }
}
