//! `photoctl results`: what the models said.

use photo_core::ModelName;

use super::context::Context;
use super::status::show;
use crate::ending::{Ending, Trouble};
use crate::output::{Detail, FormatArgs};
use crate::targets::TargetArgs;

/// Read what the models said about photos
///
/// Photos are named by their hashes or by their paths, or come from a list that submit or md5sum
/// wrote. Exits with 0 if all are done and well, 1 if some failed or are not known, 4 if some are
/// not done yet.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    targets: TargetArgs,

    /// Only what these models said; may be repeated, or several with commas
    #[arg(short, long = "model", value_delimiter = ',', value_name = "MODEL")]
    models: Vec<ModelName>,

    #[command(flatten)]
    format: FormatArgs,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<Ending, Trouble> {
    show(&args.targets, &args.models, args.format, Detail::Results, context).await
}
