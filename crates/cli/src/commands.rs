//! The commands, one a file, and what stands around each.

pub(crate) mod cancel;
pub(crate) mod context;
mod counts;
pub(crate) mod failures;
pub(crate) mod fsck;
pub(crate) mod models;
pub(crate) mod queues;
pub(crate) mod results;
pub(crate) mod retry;
pub(crate) mod status;
pub(crate) mod submit;
pub(crate) mod wait;

/// What the program tells of itself.
pub(crate) mod documents {
    pub(crate) mod completions;
    pub(crate) mod man;
}

use std::io::Write;

use serde_json::value::RawValue;

use crate::ending::Trouble;
use context::Context;

/// Writes what the server says, as it says it.
fn print_document(context: &Context, document: &RawValue) -> Result<(), Trouble> {
    Ok(context.reporter.print(|output| writeln!(output, "{document}"))?)
}
