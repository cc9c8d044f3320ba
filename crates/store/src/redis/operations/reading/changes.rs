//! Hints of changes.

use std::sync::Arc;

use deadpool_redis::redis::Msg;
use photo_core::job::Change;
use photo_core::ports::StoreError;
use tokio::sync::mpsc;

use crate::hints::UNREAD_CHANGES;
use crate::redis::RedisJobStore;
use crate::redis::codec::reader::Reader;
use crate::redis::connection::subscription::Subscription;

/// Listens until the receiver is dropped.
pub(crate) async fn changes(store: &RedisJobStore) -> mpsc::Receiver<Change> {
    let server = Arc::clone(&store.server);
    let channels = vec![server.keys().changes_channel()];
    let parse = |message: &Msg| read(message.get_payload_bytes()).ok();
    let reset = Change::Reset;
    Subscription { server, channels, of: "changes", parse, reset }.listen(UNREAD_CHANGES).await
}

/// What a message says: a time, and images one after the other.
fn read(payload: &[u8]) -> Result<Change, StoreError> {
    let mut reader = Reader::new(payload);
    let at = reader.moment()?;
    let mut images = Vec::with_capacity(payload.len() / 16);
    while !reader.is_empty() {
        images.push(reader.image()?);
    }
    Ok(Change::Images { at, images })
}

#[cfg(test)]
mod tests {
    use photo_core::{ImageKey, UnixMillis};

    use super::*;

    #[test]
    fn a_change_reads_as_the_scripts_pack_it() {
        let packed = [b"\x01\x8b\xcf\xe5\x68\x7b".as_slice(), &[1; 16], &[2; 16]].concat();
        let expected = Change::Images {
            at: UnixMillis(1_700_000_000_123),
            images: [[1; 16], [2; 16]].map(ImageKey::from_bytes).into(),
        };
        assert_eq!(read(&packed).unwrap(), expected);
        assert!(read(&packed[..30]).is_err());
        assert!(read(b"").is_err());
    }
}
