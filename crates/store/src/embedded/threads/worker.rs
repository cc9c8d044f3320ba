//! A thread with an inbox.

use std::thread::{self, JoinHandle};

use photo_core::ports::StoreError;
use tokio::sync::mpsc;

use crate::embedded::failure::stopped;

/// How many messages may lie in the inbox before senders wait.
const INBOX: usize = 1024;

/// A thread that works off its inbox. Dropping this lets it work off what is there and waits for
/// its end, so that afterwards the files it held are closed.
pub(crate) struct Worker<M> {
    inbox: Option<mpsc::Sender<M>>,
    thread: Option<JoinHandle<()>>,
}

impl<M: Send + 'static> Worker<M> {
    /// Starts a thread on `work`, which is to end when its inbox does.
    pub(crate) fn start(
        name: &str,
        work: impl FnOnce(mpsc::Receiver<M>) + Send + 'static,
    ) -> Result<Self, StoreError> {
        let (inbox, messages) = mpsc::channel(INBOX);
        let thread = thread::Builder::new().name(name.to_owned()).spawn(|| work(messages));
        Ok(Self { inbox: Some(inbox), thread: Some(thread.map_err(StoreError::unavailable)?) })
    }

    /// Puts a message into the inbox; waits while it is full.
    pub(crate) async fn send(&self, message: M) -> Result<(), StoreError> {
        let inbox = self.inbox.as_ref().ok_or_else(stopped)?;
        inbox.send(message).await.map_err(|_| stopped())
    }
}

impl<M> Drop for Worker<M> {
    fn drop(&mut self) {
        drop(self.inbox.take());
        if let Some(thread) = self.thread.take() {
            // A panic in the thread was reported there; there is nobody left to tell.
            let _ = thread.join();
        }
    }
}
