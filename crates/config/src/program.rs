//! What every program's `main` does first: flags, configuration, log, stop signal.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use photo_core::ModelName;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::{Config, LogConfig, LogFormat};

/// The file read when no other is named and it exists.
const DEFAULT_FILE: &str = "photo.toml";

/// The flags that all programs share.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ProgramArgs {
    /// The configuration file [default: photo.toml, if there is one]
    #[arg(long, global = true, env = "PHOTO_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The job store: redis://host:port, redis-sentinel://host:port,host:port/MASTER, or
    /// sqlite:FILE for the standalone program
    #[arg(long, global = true, value_name = "URL")]
    pub store: Option<String>,

    /// The photo store: file:FOLDER
    #[arg(long, global = true, value_name = "URL")]
    pub images: Option<String>,

    /// A model and its service, as NAME=PORT or NAME=http://HOST:PORT; may be repeated
    #[arg(long = "model", global = true, value_name = "NAME=ADDRESS", value_parser = parse_model)]
    pub models: Vec<(ModelName, String)>,

    /// What to log: error, warn, info, debug, trace, or a filter such as info,photo_api=debug
    #[arg(long, global = true, value_name = "FILTER")]
    pub log: Option<String>,
}

impl ProgramArgs {
    /// Reads the configuration with these flags on top, and `base` below the file; then starts
    /// the log. Large blocks of memory are given back to the system from here on.
    pub fn start(&self, base: &Value, mut flags: Value) -> anyhow::Result<Config> {
        photo_allocator::give_large_blocks_back();
        let default = Path::new(DEFAULT_FILE);
        let file = self.config.as_deref().or_else(|| default.is_file().then_some(default));
        let mut put = |section: &str, key: &str, value: Option<&String>| {
            if let Some(value) = value {
                flags[section][key] = json!(value);
            }
        };
        put("store", "url", self.store.as_ref());
        put("images", "url", self.images.as_ref());
        put("log", "filter", self.log.as_ref());
        for (name, address) in &self.models {
            put("models", name.as_str(), Some(address));
        }
        let config = Config::load(base, file, &flags)?;
        start_log(&config.log)?;
        Ok(config)
    }
}

fn parse_model(text: &str) -> Result<(ModelName, String), String> {
    let (name, address) = text.split_once('=').ok_or("expected NAME=ADDRESS")?;
    Ok((name.parse().map_err(|e| format!("{e}"))?, address.to_owned()))
}

fn start_log(log: &LogConfig) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter)
        .with_context(|| format!("`log.filter`: `{}` is not a filter", log.filter))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // A closed standard error must not take the program down with it.
        .log_internal_errors(false)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr);
    let started = match log.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    started.map_err(|e| anyhow::anyhow!("the log cannot be started: {e}"))
}

/// Writes to standard output. A reader that has gone, such as `head`, has read what it wanted.
pub fn print(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Ends a program: a failure is told on standard error, with its causes, under the program's name.
pub fn end(name: &str, result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed standard error must not turn a failure into a panic.
            let _ = writeln!(io::stderr(), "{name}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A token that is cancelled when somebody asks the program to stop: SIGTERM, Ctrl-C, or the end of
/// the terminal it was started from. A SIGHUP that means anything else (a log rotation, `systemctl
/// reload`) is logged and ignored: the configuration is read at the start alone.
pub fn stop_token() -> CancellationToken {
    let stop = CancellationToken::new();
    tokio::spawn({
        let stop = stop.clone();
        async move {
            match stop_signal().await {
                Ok(()) => {
                    tracing::info!("stopping: finishing what is under way");
                    stop.cancel();
                }
                // It can still be killed, which loses nothing.
                Err(error) => tracing::warn!(%error, "signals cannot be caught"),
            }
        }
    });
    stop
}

async fn stop_signal() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    // Asked now: a terminal that has ended is none any more.
    let from_terminal = io::stdin().is_terminal() || io::stderr().is_terminal();
    loop {
        tokio::select! {
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
            _ = hangup.recv() => {
                if from_terminal {
                    return Ok(());
                }
                tracing::info!("SIGHUP is ignored: restart to read the configuration again");
            }
        }
    }
}
