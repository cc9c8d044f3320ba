//! An image's jobs as clients see them: read from the job store and the records, and rendered.

mod image_view;
mod model_filter;
mod reading;

pub(crate) use self::image_view::ImageView;
pub(crate) use self::model_filter::ModelFilter;
pub(crate) use self::reading::{photo_notes, read, read_one};
