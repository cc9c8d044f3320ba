//! The commands, one a file, and what stands around each.

pub(crate) mod cancel;
pub(crate) mod completions;
mod context;
mod counts;
pub(crate) mod failures;
pub(crate) mod fsck;
pub(crate) mod man;
pub(crate) mod models;
pub(crate) mod queues;
pub(crate) mod results;
pub(crate) mod retry;
pub(crate) mod status;
pub(crate) mod submit;
pub(crate) mod wait;

use std::io::Write;
use std::process::ExitCode;

use photo_core::program::stop_token;
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use crate::args::{Cli, Command};
use crate::ending::{Ending, Trouble};
use context::Context;

/// Does what the command line says; answers what the program ends with.
pub async fn run(cli: Cli) -> ExitCode {
    let context = match Context::new(&cli.common) {
        Ok(context) => context,
        Err(trouble) => {
            eprintln!("photoctl: {trouble}");
            return trouble.exit_code();
        }
    };
    let stop = stop_token();
    // This one has something to say when it is stopped.
    let hears_of_it = matches!(cli.command, Command::Submit(_));
    let ended = obey(cli.command, &context, &stop);
    let ended = if hears_of_it {
        ended.await
    } else {
        stop.run_until_cancelled(ended).await.unwrap_or(Err(Trouble::Interrupted))
    };
    match ended {
        Ok(Ending::Done) if context.reporter.has_complained() => Ending::SomeFailed.into(),
        Ok(ending) => ending.into(),
        Err(trouble) => {
            if !trouble.is_closed_output() {
                context.reporter.complain(&trouble.to_string());
            }
            trouble.exit_code()
        }
    }
}

/// Writes what the server says, as it says it.
fn print_document(context: &Context, document: &RawValue) -> Result<(), Trouble> {
    Ok(context.reporter.print(|output| writeln!(output, "{document}"))?)
}

async fn obey(
    command: Command,
    context: &Context,
    stop: &CancellationToken,
) -> Result<Ending, Trouble> {
    match command {
        Command::Submit(args) => submit::run(args, context, stop).await,
        Command::Status(args) => status::run(args, context).await,
        Command::Wait(args) => wait::run(args, context).await,
        Command::Results(args) => results::run(args, context).await,
        Command::Models(args) => models::run(args, context).await,
        Command::Queues(args) => queues::run(args, context).await,
        Command::Retry(args) => retry::run(args, context).await,
        Command::Cancel(args) => cancel::run(args, context).await,
        Command::Failures(args) => failures::run(args, context).await,
        Command::Fsck(args) => fsck::run(args, context).await,
        Command::Completions(args) => completions::run(&args, context),
        Command::Man(args) => man::run(args, context),
    }
}
