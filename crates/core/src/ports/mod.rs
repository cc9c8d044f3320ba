//! The two ports: where jobs live and where photos live.

mod image_store;
mod job_store;

pub use image_store::{
    Committed, ImageBytes, ImageLimits, ImageStore, ImageStoreError, ImageUpload, Inspection,
    PhotoRefusal,
};
pub use job_store::{JobStore, StoreError};
