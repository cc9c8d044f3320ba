//! The two ports: where jobs live and where photos live.

mod examination;
mod image_store;
mod job_store;

pub use examination::{Examination, Examined, RecordHealth};
pub use image_store::{
    Committed, ImageBytes, ImageLimits, ImageStore, ImageStoreError, ImageUpload, Inspection,
    PhotoRefusal,
};
pub use job_store::{JobStore, StoreError};
