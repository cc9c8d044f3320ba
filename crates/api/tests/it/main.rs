//! The API as its clients see it: a real server on a free port, the embedded job store, and photos
//! in a folder that is gone afterwards.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod app;
mod mortal_images;
mod raw;
mod receiver;

mod access;
mod by_hash;
mod callbacks;
mod cancel;
mod cancel_models;
mod check;
mod damage;
mod events;
mod failures;
mod forms;
mod fsck;
mod hostile_forms;
mod hostile_photos;
mod model_filter;
mod models;
mod openapi;
mod overload;
mod page;
mod photo_notes;
mod predict;
mod progress;
mod queues;
mod ranges;
mod records;
mod refusals;
mod refused_photos;
mod retry;
mod spellings;
mod status;
mod thumbnails;
mod waiting;
