//! Model services that announce themselves: where they are, and what was said of those that are refused.

mod resolver;
mod told_refusals;

pub(crate) use self::resolver::{ServiceResolver, is_off_limits_error};
pub(crate) use self::told_refusals::ToldRefusals;
