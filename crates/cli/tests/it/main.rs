//! The program as its users see it: its arguments, what it writes, and its exit code. It talks to a
//! server that keeps to the contract and can be told to fail in every way.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod cutter;
mod fake;
mod run;

mod program {
    mod documents;
    mod refusals;
    mod tls;
}
mod reading {
    mod following;
    mod operators;
    mod results;
}
mod submission {
    mod interrupted;
    mod lists;
    mod lost_and_found;
    mod named;
    mod submit;
}
