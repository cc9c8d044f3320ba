//! The names that are used outside the scripts.

use photo_config::StorePrefix;
use photo_core::ImageKey;
use photo_core::job::DispatcherId;

/// Makes the names of keys and channels.
#[derive(Debug)]
pub(super) struct Keys {
    tag: String,
}

impl Keys {
    pub(super) fn new(prefix: StorePrefix) -> Self {
        Self { tag: format!("{{{}}}", String::from(prefix)) }
    }

    /// What every key begins with. The braces make it the only part that decides a key's slot.
    pub(super) fn tag(&self) -> &str {
        &self.tag
    }

    /// All jobs of a finished image, if they are folded.
    pub(super) fn folded(&self, image: ImageKey) -> Vec<u8> {
        [self.tag.as_bytes(), b":o:", image.as_bytes()].concat()
    }

    /// The channel on which one dispatcher hears that there may be work.
    pub(super) fn work_channel(&self, dispatcher: DispatcherId) -> String {
        format!("{}:w#{dispatcher}", self.tag)
    }

    /// The channel on which all dispatchers hear that a running job is to be cancelled.
    pub(super) fn cancel_channel(&self) -> String {
        format!("{}:cancel#", self.tag)
    }

    /// The channel on which everybody hears which images' jobs changed.
    pub(super) fn changes_channel(&self) -> String {
        format!("{}:changes#", self.tag)
    }

    /// A channel of every kind. Nobody is told anything on the one of a dispatcher that is none.
    pub(super) fn all_channels(&self) -> [String; 3] {
        [format!("{}:w#?", self.tag), self.cancel_channel(), self.changes_channel()]
    }
}
