//! Starts `photoctl`: `photoctl --help` says how.

use std::process::ExitCode;

use clap::Parser;
use photoctl::Cli;
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("photoctl: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(photoctl::run(cli));
    // A disk that does not answer must not hold up the end.
    runtime.shutdown_background();
    code
}
