//! What an error of Redis means to the store's caller.

use deadpool_redis::redis::{ErrorKind, RedisError, ServerErrorKind};
use photo_core::ports::StoreError;

/// What the caller is told.
pub(super) fn store_error(error: RedisError) -> StoreError {
    match (error.kind(), error.code()) {
        (_, Some("OOM")) => StoreError::Full(Box::new(error)),
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
    )
}

/// What the server answered cannot be what the store asked for.
pub(super) fn unexpected(what: &str) -> StoreError {
    StoreError::Corrupt(format!("{what} in Redis has an unknown form"))
}
