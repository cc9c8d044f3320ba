//! What is published, over a connection of its own.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::redis::aio::{PubSubSink, PubSubStream};
use deadpool_redis::redis::{Msg, Value};
use futures_util::StreamExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::server::Server;
use crate::hints::pass_on;
use crate::redis::error::ConnectError;

/// How long the server may be silent before it is asked whether it is there, and then again until
/// it is given up.
const SILENCE: Duration = Duration::from_secs(3);
/// The pause before the first attempt to connect again. It doubles with every failure.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest pause between attempts to connect.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Hears what is published on some channels and passes it on as hints.
pub(crate) struct Subscription<T, P> {
    pub(crate) server: Arc<Server>,
    pub(crate) channels: Vec<String>,
    /// What the hints are called in the log.
    pub(crate) of: &'static str,
    /// What a message says; nothing if it is not one of ours.
    pub(crate) parse: P,
    /// Says that hints may have been missed.
    pub(crate) reset: T,
}

impl<T, P> Subscription<T, P>
where
    T: Clone + Send + Sync + 'static,
    P: Fn(&Msg) -> Option<T> + Send + Sync + 'static,
{
    /// Listens until the receiver is dropped, of whose hints so many may lie unread. Answers once
    /// the first attempt to subscribe is over: what is published after that is heard, or followed
    /// by a reset.
    pub(crate) async fn listen(self, unread: usize) -> mpsc::Receiver<T> {
        let (hints, receiver) = mpsc::channel(unread);
        let (attempted, first_attempt) = oneshot::channel();
        tokio::spawn(async move {
            tokio::select! {
                () = hints.closed() => {}
                never = self.run(&hints, attempted) => match never {},
            }
        });
        // The sender is dropped rather than used: both tell the same.
        let _ = first_attempt.await;
        receiver
    }

    /// Subscribes, passes hints on, and begins again when the connection is lost.
    async fn run(&self, hints: &mpsc::Sender<T>, attempted: oneshot::Sender<()>) -> Infallible {
        let mut attempted = Some(attempted);
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match self.server.listen(&self.channels).await {
                Ok(messages) => {
                    pause = FIRST_PAUSE;
                    // Whatever was published before now was missed.
                    pass_on(hints, self.reset.clone(), &self.reset);
                    drop(attempted.take());
                    let (sink, stream) = messages.split();
                    self.forward(hints, sink, stream).await
                }
                Err(error) => error,
            };
            drop(attempted.take());
            let of = self.of;
            if pause == FIRST_PAUSE {
                warn!(%error, "no {of} from Redis until it can be reached again");
            } else {
                debug!(%error, "Redis cannot be reached for {of} yet");
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Passes on what comes until the connection is lost; answers why it was.
    async fn forward(
        &self,
        hints: &mpsc::Sender<T>,
        mut sink: PubSubSink,
        mut stream: PubSubStream,
    ) -> ConnectError {
        loop {
            match timeout(SILENCE, stream.next()).await {
                Ok(Some(message)) => {
                    if let Some(hint) = (self.parse)(&message) {
                        pass_on(hints, hint, &self.reset);
                    }
                }
                Ok(None) => return ConnectError::Away("the connection was lost".to_owned()),
                // A connection whose other end vanished without a word looks like a quiet one.
                Err(_) => match timeout(SILENCE, sink.ping::<Value>()).await {
                    Ok(Ok(_)) => {}
                    Ok(Err(error)) => return error.into(),
                    Err(_) => return ConnectError::Away("there is no answer".to_owned()),
                },
            }
        }
    }
}
