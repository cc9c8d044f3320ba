//! `photoctl results`: what the models said.

use super::context::Context;
use super::status::{ShownArgs, show};
use crate::ending::{Ending, Trouble};
use crate::output::Detail;

/// What to type, for --help and the manual.
const EXAMPLES: &str = "Examples:
  photoctl results photo.jpg                                        by path: the file is hashed
  photoctl results 1d52825755108a2a6df146737f6149cb                 by hash
  photoctl results photos/ -r --format csv > results.csv            a column for each field
  photoctl results --from photos.md5 -m average_color --json | jq   an object a line
  Get-FileHash -Algorithm MD5 *.jpg > list.txt                      in PowerShell, and then:
  photoctl results --from list.txt --format csv --json-column       a model's JSON in one column";

/// Read the models' results about photos
///
/// Photos are named by their hashes or paths, or come from a list. Numbers are written as the model
/// wrote them. Exits with 0 if all succeeded, 1 if some failed or are unknown, 4 if some are not
/// finished yet.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    shown: ShownArgs,
}

pub(crate) async fn run(args: Args, context: &Context) -> Result<Ending, Trouble> {
    show(&args.shown, Detail::Results, context).await
}
