//! What a job, an image, a status and a model are, how photos are hashed and recognised, and the
//! ports behind which storage lives.
//!
//! Nothing here does I/O or speaks Redis. Of HTTP it knows the status that a model service answered
//! ([`JobError`]) and schemas for the API's description.

pub mod address;
pub mod clock;
pub mod hashing;
pub mod image_info;
pub mod image_key;
pub mod job;
pub mod job_error;
pub mod job_id;
pub mod model_name;
mod nearest;
pub mod ports;
pub mod record;
pub mod state;
mod text_form;

pub use clock::{Clock, UnixMillis};
pub use hashing::{Checksum, ChecksumHasher, Digests, PhotoHasher, Sha256Digest};
pub use image_info::ImageInfo;
pub use image_key::ImageKey;
pub use job_error::{JobError, JobErrorKind};
pub use job_id::JobId;
pub use model_name::ModelName;
pub use nearest::nearest;
pub use photo_format::{self, PhotoFormat};
pub use state::{ImageStatus, JobState};
