//! The endpoints of the models: which of them work, and how the others come back.

pub mod hold;
mod pool;
mod probe;
pub mod renewal;
mod signs_of_life;

pub use pool::{EndpointPermit, Endpoints, Stray, Suspicion};
pub use probe::{Probe, Until};
pub use signs_of_life::{EndpointName, SignsOfLife};
