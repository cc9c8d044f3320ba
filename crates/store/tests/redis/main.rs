//! What only the Redis store meets: servers that will not do, that forget, fill up, freeze or die,
//! whose place another takes, and that several programs share.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod beats;
mod keys;
mod layouts;
mod memory;
mod outages;
mod rights;
mod scene;
mod sentinel;
mod sharing;
mod starting;
