//! What a caretaker notes for the next one.

use photo_core::UnixMillis;
use photo_core::job::Beat;
use photo_core::ports::ImageStore;
use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::verify::Verified;

/// Kept beside the images as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Notes {
    /// The job store when it last agreed with the records, as far as anybody knows.
    pub(crate) beat: Beat,
    /// When the last walk ended.
    pub(crate) walked_at: UnixMillis,
    /// How far all photos are read and compared with their hashes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) verified: Option<Verified>,
}

impl Notes {
    /// What the caretaker before this one noted. `None` if there is nothing to go by.
    pub(crate) async fn read(images: &dyn ImageStore) -> Option<Self> {
        match images.notes().await {
            Ok(notes) => serde_json::from_slice(&notes?).ok(),
            Err(error) => {
                warn!(%error, "the caretaker's notes cannot be read");
                None
            }
        }
    }

    /// Without notes the next caretaker walks over all images, which is safe.
    pub(crate) async fn write(&self, images: &dyn ImageStore) {
        let Ok(notes) = serde_json::to_vec(self) else { return };
        if let Err(error) = images.note(notes).await {
            warn!(%error, "the caretaker's notes cannot be written");
        }
    }
}
