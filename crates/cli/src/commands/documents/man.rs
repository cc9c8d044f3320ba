//! `photoctl man`: the manual.

use std::io::Write;
use std::path::PathBuf;

use clap::Command;
use clap_mangen::Man;

use crate::commands::context::Context;
use crate::ending::{Ending, Trouble};

/// Write the manual page
///
/// To read it at once: photoctl man | man -l -
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write a page for every command into this folder instead
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

pub(crate) fn run(args: Args, program: Command, context: &Context) -> Result<Ending, Trouble> {
    if let Some(dir) = args.dir {
        let written =
            std::fs::create_dir_all(&dir).and_then(|()| clap_mangen::generate_to(program, &dir));
        let what = || format!("the manual cannot be written to {}", dir.display());
        written.map_err(|error| Trouble::File { what: what(), error })?;
        return Ok(Ending::Done);
    }
    let mut page = Vec::new();
    Man::new(program).render(&mut page)?;
    context.reporter.print(|output| output.write_all(&page))?;
    Ok(Ending::Done)
}
