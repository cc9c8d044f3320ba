//! How the program ends, and what its exit code says.

use std::io;
use std::process::ExitCode;

use crate::client::{CallError, ServerSetupError};

/// What the exit codes mean, for `--help` and the manual.
pub(crate) const EXIT_CODES: &str = "Exit codes:
  0    all finished and well
  1    some photos or jobs failed, were not accepted, or are unknown; or a name is not a photo's
  2    wrong arguments or configuration, or a request that the server refuses
  3    the server cannot be reached, or had no room for too long
  4    not all is finished yet (status, results, wait --timeout)
  130  interrupted; run the same command again to continue
  141  nobody reads the output any more";

/// How a command ended that did what it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All is done.
    Done,
    /// Some photos or jobs failed, were refused, or are not known.
    SomeFailed,
    /// Not all is finished yet.
    Unfinished,
}

/// Why a command did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// What was asked for cannot be done.
    #[error("{0}")]
    Usage(String),
    /// A file of ours cannot be read or written.
    #[error("{what}: {error}")]
    File { what: String, error: io::Error },
    /// The server did not do it.
    #[error(transparent)]
    Server(#[from] CallError),
    /// Somebody asked the program to stop.
    #[error("interrupted")]
    Interrupted,
    /// The output cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}

impl From<ServerSetupError> for Trouble {
    fn from(error: ServerSetupError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(match ending {
            Ending::Done => 0,
            Ending::SomeFailed => 1,
            Ending::Unfinished => 4,
        })
    }
}

impl Trouble {
    /// Whether the output was closed by whoever read it, which is no reason for a message.
    pub(crate) fn is_closed_output(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Whether the same command may come to its end another time.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Interrupted => true,
            Self::Server(error) => error.may_pass() || matches!(error, CallError::GaveUp { .. }),
            _ => false,
        }
    }

    /// What the program ends with.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Usage(_) => 2,
            Self::Server(CallError::Refused(problem)) if problem.status == 400 => 2,
            Self::Server(_) => 3,
            Self::Interrupted => 130,
            // What a shell says of a program that SIGPIPE ended.
            Self::Output(_) if self.is_closed_output() => 141,
            Self::File { .. } | Self::Output(_) => 1,
        })
    }
}
