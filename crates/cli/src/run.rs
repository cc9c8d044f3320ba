//! From the command line to the exit code.

use std::process::ExitCode;

use clap::CommandFactory;
use photo_config::program::stop_token;
use tokio_util::sync::CancellationToken;

use crate::args::{Cli, Command};
use crate::commands::context::Context;
use crate::commands::documents::{completions, man};
use crate::commands::{
    cancel, failures, fsck, models, queues, results, retry, status, submit, wait,
};
use crate::ending::{Ending, Trouble};

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
        Command::Completions(args) => completions::run(&args, Cli::command(), context),
        Command::Man(args) => man::run(args, Cli::command(), context),
    }
}
