//! `photoctl completions`: for shells.

use std::io::Write;

use clap::Command;
use clap_complete::Shell;

use crate::commands::context::Context;
use crate::ending::{Ending, Trouble};

/// Write the script with which a shell completes photoctl's arguments
///
/// For bash: photoctl completions bash > ~/.local/share/bash-completion/completions/photoctl
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: &Args, mut program: Command, context: &Context) -> Result<Ending, Trouble> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "photoctl", &mut script);
    context.reporter.print(|output| output.write_all(&script))?;
    Ok(Ending::Done)
}
