//! Clients that make load and measure how it is borne.
//!
//! They speak HTTP as cheaply as it can be spoken ([`Wire`]), so that they take little of the
//! processor from what is measured; how much it is, is in every report under `load`. Throughput is
//! measured by clients that ask one question after the other ([`closed()`]), times by questions
//! that are asked when their time has come, whether the others were answered or not ([`open()`]).

mod closed;
mod form;
mod open;
mod requests;
mod wire;

pub use closed::{Until, closed};
pub use form::{Form, content_type, model_body, model_body_of};
pub use open::open;
pub use requests::{Requests, get};
pub use wire::{Pool, Wire};
