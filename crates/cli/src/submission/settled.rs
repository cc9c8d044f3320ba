//! What became of a file.

use std::fmt;
use std::path::PathBuf;

use photo_core::ImageKey;

use crate::client::AcceptedJob;
use crate::find::Photo;

/// What became of a file, as far as its submission goes.
#[derive(Debug)]
pub(crate) enum Settled {
    /// The server has taken it.
    Accepted { photo: Photo, jobs: Vec<AcceptedJob>, way: Way },
    /// The server has all that is asked of it already.
    Known(Photo),
    /// It has the same content as one before it.
    Twice(Photo),
    /// It is left out.
    LeftOut { path: PathBuf, why: &'static str },
    /// It is a folder that is not looked into.
    Folder(PathBuf),
    /// It was not taken.
    Refused { path: PathBuf, image: Option<ImageKey>, why: Refusal },
}

/// How a photo got to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Its bytes were sent.
    Sent,
    /// It was there.
    Stored,
}

/// Why a photo was not taken.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It is none that is taken, or cannot be read; to be read behind its name.
    Here(String),
    /// The server does not want it.
    Server(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here(why) => f.write_str(why),
            Self::Server(why) => write!(f, "was refused: {why}"),
        }
    }
}
