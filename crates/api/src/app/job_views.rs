//! An image's jobs as clients see them.

pub(crate) mod model_filter;
