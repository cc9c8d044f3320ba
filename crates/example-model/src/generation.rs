//! How photos reach a model service.

use std::path::PathBuf;

/// The two generations of the model services' wire contract.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Generation {
    /// In the request, as the file part `image_file`.
    #[default]
    Multipart,
    /// By name, `?filename=`, in a folder that the server shares.
    Filename {
        /// The folder. Nothing outside it is ever opened.
        images: PathBuf,
    },
}
