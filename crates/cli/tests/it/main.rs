//! The program as its users see it: its arguments, what it writes, and its exit code. It talks to a
//! server that keeps to the contract and can be told to fail in every way.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod cutter;
mod fake;
mod run;

mod documents;
mod following;
mod interrupted;
mod lists;
mod lost_and_found;
mod named;
mod operators;
mod refusals;
mod results;
mod submit;
mod tls;
