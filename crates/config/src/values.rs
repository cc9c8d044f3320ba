//! Values that the configuration is made of, checked when they are read.

mod origin;
mod retention;
mod secret;
mod sentinel_url;
mod url;

pub use self::origin::{AllowedOrigin, InvalidOrigin};
pub use self::retention::Retention;
pub use self::secret::Secret;
pub use self::sentinel_url::SentinelUrl;
pub use self::url::{HOST_OF_CONTAINERS, ImagesUrl, ServiceUrl, StoreUrl};
