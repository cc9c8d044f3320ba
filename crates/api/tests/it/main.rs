//! The API as its clients see it: a real server on a free port, the embedded job store, and photos
//! in a folder that is gone afterwards.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod app;
mod mortal_images;
mod raw;
mod receiver;

mod following {
    mod callbacks;
    mod events;
    mod waiting;
}
mod http {
    mod access;
    mod openapi;
    mod page;
    mod refusals;
    mod spellings;
}
mod jobs {
    mod cancel;
    mod cancel_models;
    mod failures;
    mod model_filter;
    mod progress;
    mod queues;
    mod retry;
    mod status;
}
mod operations {
    mod fsck;
    mod models;
    mod records;
}
mod photos {
    mod damage;
    mod photo_notes;
    mod ranges;
    mod thumbnails;
}
mod uploads {
    mod by_hash;
    mod check;
    mod forms;
    mod hostile_forms;
    pub mod hostile_photos;
    mod overload;
    mod predict;
    mod refused_photos;
}
