//! `photoctl results`: what the models said.

use super::context::Context;
use super::status::{ShownArgs, show};
use crate::ending::{Ending, Trouble};
use crate::output::Detail;

/// Read what the models said about photos
///
/// Photos are named by their hashes or by their paths, or come from a list that submit or md5sum
/// wrote. Exits with 0 if all are done and well, 1 if some failed or are not known, 4 if some are
/// not done yet.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    shown: ShownArgs,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<Ending, Trouble> {
    show(&args.shown, Detail::Results, context).await
}
