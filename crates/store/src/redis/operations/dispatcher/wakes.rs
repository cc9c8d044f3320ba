//! Wake-ups for one dispatcher.

use std::sync::Arc;

use deadpool_redis::redis::Msg;
use photo_core::job::{DispatcherId, Wake};
use photo_core::{ImageKey, JobId};
use tokio::sync::mpsc;

use crate::redis::RedisJobStore;
use crate::redis::connection::subscription::Subscription;

/// How many wake-ups may lie unread. There are seldom more than the dispatcher has models: it is
/// woken for each once and then not again before it has claimed.
const UNREAD: usize = 64;

/// Listens for one dispatcher until the receiver is dropped.
pub(crate) async fn wakes(store: &RedisJobStore, dispatcher: DispatcherId) -> mpsc::Receiver<Wake> {
    let server = Arc::clone(&store.server);
    let work_channel = server.keys().work_channel(dispatcher);
    let channels = vec![work_channel.clone(), server.keys().cancel_channel()];
    let parse = move |message: &Msg| read(message.get_channel_name() == work_channel, message);
    let reset = Wake::Reset;
    Subscription { server, channels, of: "wake-ups", parse, reset }.listen(UNREAD).await
}

/// What a message says; nothing if it is not one of ours.
fn read(is_work: bool, message: &Msg) -> Option<Wake> {
    let payload = message.get_payload_bytes();
    if is_work {
        let model = std::str::from_utf8(payload).ok()?.parse().ok()?;
        return Some(Wake::Work(model));
    }
    let (image, model) = payload.split_first_chunk()?;
    let model = std::str::from_utf8(model).ok()?.parse().ok()?;
    Some(Wake::CancelAsked(JobId::new(ImageKey::from_bytes(*image), model)))
}
