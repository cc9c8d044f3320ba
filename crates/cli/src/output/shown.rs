//! What is shown of an image.

use std::path::PathBuf;

use photo_core::ImageKey;

use crate::client::ImageView;

/// How much is written of each image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// What the models answered.
    Results,
    /// How far it has come.
    Status,
}

/// An image, with the path that it was asked for by; `None` in place of a view if no job of it is
/// known.
pub(crate) type Shown<'a> = (ImageKey, Option<PathBuf>, Option<&'a ImageView>);
