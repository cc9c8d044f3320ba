//! Whether the user may do all that the store needs, tried before anything depends on it.

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{Client, Cmd, RedisError, Script, cmd};

use crate::redis::error::{ConnectError, missing_right};
use crate::redis::keys::Keys;
use crate::settings::Layouts;

const RIGHTS: &str = include_str!("../scripts/connection/rights.lua");

/// Tries what the store will do, and answers the layout of the keys that are there, after writing
/// the newest of `layouts` if there was none. Names what is refused.
pub(super) async fn try_all(
    client: &Client,
    connection: &mut MultiplexedConnection,
    keys: &Keys,
    layouts: Layouts,
) -> Result<String, ConnectError> {
    let mut refused = Vec::new();
    let mut load = cmd("SCRIPT");
    load.arg("LOAD").arg(RIGHTS);
    let mut read = cmd("MGET");
    read.arg(format!("{}:o:?", keys.tag()));
    let direct = [(cmd("PING"), "PING"), (read, "MGET"), (load, "SCRIPT|LOAD")];
    for (command, name) in direct {
        refused.extend(try_one(&command, name, connection).await?);
    }
    refused.extend(try_to_listen(client, keys).await?);

    let mut there = None;
    // Sent anew if the server does not know it, which it was not allowed to be told.
    if !refused.iter().any(|right| right.ends_with("SCRIPT|LOAD")) {
        let script = Script::new(RIGHTS);
        let mut call = script.key(keys.tag());
        call.arg(layouts.oldest).arg(layouts.newest);
        let tried = call.invoke_async(connection).await;
        match tried {
            Ok((layout, more)) => {
                let more: Vec<String> = more;
                there = layout;
                refused.extend(more);
            }
            Err(error) => refused.push(refusal(error, "EVALSHA", keys.tag())?),
        }
    }
    if refused.is_empty() {
        Ok(there.unwrap_or_else(|| layouts.newest.to_string()))
    } else {
        Err(without(refused))
    }
}

async fn try_one(
    command: &Cmd,
    name: &str,
    connection: &mut MultiplexedConnection,
) -> Result<Option<String>, ConnectError> {
    match command.exec_async(connection).await {
        Ok(()) => Ok(None),
        Err(error) => refusal(error, name, "").map(Some),
    }
}

/// Subscribes to every kind of channel, on a connection of its own, which is closed at once.
async fn try_to_listen(client: &Client, keys: &Keys) -> Result<Option<String>, ConnectError> {
    let mut messages = client.get_async_pubsub().await?;
    for channel in keys.all_channels() {
        if let Err(error) = messages.subscribe(&channel).await {
            return refusal(error, "SUBSCRIBE", &channel).map(Some);
        }
    }
    Ok(None)
}

/// The right that an error says is missing, in the form in which the script names it; the error
/// itself if it says something else.
fn refusal(error: RedisError, command: &str, name: &str) -> Result<String, ConnectError> {
    match missing_right(&error) {
        None => Err(error.into()),
        Some("command") => Ok(format!("command {command}")),
        Some(kind) => Ok(format!("{kind} {}", name.replace('?', "*"))),
    }
}

/// That these rights are missing.
pub(super) fn without(mut refused: Vec<String>) -> ConnectError {
    refused.sort_unstable();
    refused.dedup();
    let of_kind = |(kind, word): (&str, &str)| {
        let names: Vec<&str> =
            refused.iter().filter_map(|right| right.strip_prefix(kind)).collect();
        (!names.is_empty()).then(|| format!("{word} {}", names.join(", ")))
    };
    let kinds = [("command ", "run"), ("key ", "use the keys"), ("channel ", "use the channels")];
    let rights: Vec<String> = kinds.into_iter().filter_map(of_kind).collect();
    ConnectError::Refused(format!(
        "the Redis user may not {}: give it the rights that README.md lists under \"Redis\"",
        rights.join("; nor ")
    ))
}
