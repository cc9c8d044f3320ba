//! Wake-ups, which come over a connection of their own.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::redis::aio::{PubSubSink, PubSubStream};
use deadpool_redis::redis::{Msg, Value};
use futures_util::StreamExt;
use photo_core::job::{DispatcherId, Wake};
use photo_core::{ImageKey, JobId};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::error::Trouble;
use super::server::Server;

/// How many wake-ups may lie unread. There are seldom more than the dispatcher has models: it is
/// woken for each once and then not again before it has claimed.
const UNREAD: usize = 64;
/// How long the server may be silent before it is asked whether it is there, and then again until
/// it is given up.
const SILENCE: Duration = Duration::from_secs(3);
/// The pause before the first attempt to connect again. It doubles with every failure.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest pause between attempts to connect.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Listens for one dispatcher until the receiver is dropped. Answers once the first attempt to
/// subscribe is over: what is published after that is heard, or followed by a reset.
pub(super) async fn listen(server: Arc<Server>, dispatcher: DispatcherId) -> mpsc::Receiver<Wake> {
    let (wakes, receiver) = mpsc::channel(UNREAD);
    let (attempted, first_attempt) = oneshot::channel();
    let listener = Listener {
        work_channel: server.keys().work_channel(dispatcher),
        cancel_channel: server.keys().cancel_channel(),
        server,
        wakes,
    };
    tokio::spawn(async move {
        tokio::select! {
            () = listener.wakes.closed() => {}
            never = listener.run(attempted) => match never {},
        }
    });
    // The sender is dropped rather than used: both tell the same.
    let _ = first_attempt.await;
    receiver
}

/// Hears what is published for one dispatcher and passes it on.
struct Listener {
    server: Arc<Server>,
    work_channel: String,
    cancel_channel: String,
    wakes: mpsc::Sender<Wake>,
}

impl Listener {
    /// Subscribes, passes wake-ups on, and begins again when the connection is lost.
    async fn run(&self, attempted: oneshot::Sender<()>) -> Infallible {
        let channels = [self.work_channel.as_str(), self.cancel_channel.as_str()];
        let mut attempted = Some(attempted);
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match self.server.listen(&channels).await {
                Ok(messages) => {
                    pause = FIRST_PAUSE;
                    // Whatever was published before now was missed.
                    self.pass_on(Wake::Reset).await;
                    drop(attempted.take());
                    let (sink, stream) = messages.split();
                    self.forward(sink, stream).await
                }
                Err(error) => error,
            };
            drop(attempted.take());
            if pause == FIRST_PAUSE {
                warn!(%error, "no wake-ups from Redis until it can be reached again");
            } else {
                debug!(%error, "Redis cannot be reached for wake-ups yet");
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Passes on what comes until the connection is lost; answers why it was.
    async fn forward(&self, mut sink: PubSubSink, mut stream: PubSubStream) -> Trouble {
        loop {
            match timeout(SILENCE, stream.next()).await {
                Ok(Some(message)) => {
                    if let Some(wake) = self.parse(&message) {
                        self.pass_on(wake).await;
                    }
                }
                Ok(None) => return Trouble::Away("the connection was lost".to_owned()),
                // A connection whose other end vanished without a word looks like a quiet one.
                Err(_) => match timeout(SILENCE, sink.ping::<Value>()).await {
                    Ok(Ok(_)) => {}
                    Ok(Err(error)) => return error.into(),
                    Err(_) => return Trouble::Away("there is no answer".to_owned()),
                },
            }
        }
    }

    async fn pass_on(&self, wake: Wake) {
        // Fails only if the receiver was dropped, and then the listener is stopped.
        let _ = self.wakes.send(wake).await;
    }

    /// What a message says; nothing if it is not one of ours.
    fn parse(&self, message: &Msg) -> Option<Wake> {
        let payload = message.get_payload_bytes();
        if message.get_channel_name() == self.work_channel {
            let model = std::str::from_utf8(payload).ok()?.parse().ok()?;
            return Some(Wake::Work(model));
        }
        let (image, model) = payload.split_first_chunk()?;
        let model = std::str::from_utf8(model).ok()?.parse().ok()?;
        Some(Wake::CancelAsked(JobId::new(ImageKey::from_bytes(*image), model)))
    }
}
