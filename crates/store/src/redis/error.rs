//! What an error of Redis means to the store's caller.

use deadpool_redis::redis::{ErrorKind, RedisError, ServerErrorKind};
use photo_core::ports::StoreError;

/// The server will not do as it is: a person must change it or the configuration.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unfit(pub(super) String);

/// Why there is no connection.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum ConnectError {
    /// The server will not do, and waiting does not help.
    #[error("{0}")]
    Unfit(String),
    /// It does not let us do all that we need. Somebody can change that without a word to us, so it
    /// is waited for.
    #[error("{0}")]
    Refused(String),
    /// It does not answer, or not yet as it should.
    #[error("{0}")]
    Away(String),
}

impl ConnectError {
    /// Why the server is away; an error if it is there and will not do.
    pub(super) fn unless_unfit(self) -> Result<String, Unfit> {
        match self {
            Self::Unfit(why) => Err(Unfit(why)),
            Self::Refused(why) | Self::Away(why) => Ok(why),
        }
    }
}

/// Of what goes wrong while a connection is made, only a refused user or password is for good.
impl From<RedisError> for ConnectError {
    fn from(error: RedisError) -> Self {
        let refused = matches!(
            error.kind(),
            ErrorKind::AuthenticationFailed | ErrorKind::Server(ServerErrorKind::NoPerm)
        ) || matches!(error.code(), Some("NOAUTH" | "WRONGPASS"));
        if refused {
            Self::Unfit(format!("user or password will not do ({error}): change the address"))
        } else {
            Self::Away(error.to_string())
        }
    }
}

/// What kind of right an error says that the user lacks: `command`, `key` or `channel`. Within a
/// script servers before 7.2 say so in words alone.
pub(super) fn missing_right(error: &RedisError) -> Option<&'static str> {
    let why = error.to_string();
    let is_refused = error.kind() == ErrorKind::Server(ServerErrorKind::NoPerm)
        || why.contains("executing the script can't")
        || why.contains("ACL failure in script");
    is_refused.then(|| {
        if why.contains(" run ") {
            "command"
        } else if why.contains(" channel") {
            "channel"
        } else {
            "key"
        }
    })
}

/// What the caller is told.
pub(super) fn store_error(error: RedisError) -> StoreError {
    match (error.kind(), error.code()) {
        (_, Some("OOM")) => StoreError::Full(Box::new(error)),
        // Whoever took rights away can give them back.
        _ if missing_right(&error).is_some() => StoreError::unavailable(error),
        // A script met something it did not write.
        (
            ErrorKind::Server(ServerErrorKind::ResponseError)
            | ErrorKind::UnexpectedReturnType
            | ErrorKind::Parse,
            _,
        )
        | (_, Some("WRONGTYPE")) => StoreError::Corrupt(error.to_string()),
        _ => StoreError::unavailable(error),
    }
}

/// Whether the connection must not be used again: it is broken, its answers may be out of step, or
/// it leads to a server that is not (or no longer, or not yet) the one that takes writes.
pub(super) fn connection_is_lost(error: &RedisError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Io
            | ErrorKind::Parse
            | ErrorKind::AuthenticationFailed
            | ErrorKind::Server(
                ServerErrorKind::ReadOnly
                    | ServerErrorKind::BusyLoading
                    | ServerErrorKind::MasterDown
            )
    ) || matches!(error.code(), Some("NOAUTH" | "NOREPLICAS"))
        // The next connection finds out which rights are missing, and says so.
        || missing_right(error).is_some()
}

/// What the server answered cannot be what the store asked for.
pub(super) fn unexpected(what: &str) -> StoreError {
    StoreError::Corrupt(format!("{what} in Redis has an unknown form"))
}
