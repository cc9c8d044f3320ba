//! `photoctl completions`: for shells.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use super::context::Context;
use crate::args::Cli;
use crate::ending::{Ending, Trouble};

/// Write the script with which a shell completes photoctl's arguments
///
/// For bash: photoctl completions bash > ~/.local/share/bash-completion/completions/photoctl
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Ending, Trouble> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "photoctl", &mut script);
    context.reporter.print(|output| output.write_all(&script))?;
    Ok(Ending::Done)
}
