//! The models that can be named, and their services that announce themselves.

pub(crate) mod announcements;
pub(crate) mod list;
pub(crate) mod remove;

pub use self::announcements::read_announcement;
