//! What must be true of a server before jobs are entrusted to it.

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{Client, cmd};

use super::rights::{try_all, without};
use crate::redis::error::{ConnectError, missing_right};
use crate::redis::keys::Keys;
use crate::settings::Layouts;

/// The first version whose scripts can say that they may run while memory is short.
const OLDEST_SERVER: u32 = 7;

/// Refuses a server that is too old, that may drop keys, whose keys have a layout other than these,
/// or that does not let us do all that we need; and one that takes no writes for now.
pub(super) async fn check(
    client: &Client,
    connection: &mut MultiplexedConnection,
    keys: &Keys,
    layouts: Layouts,
) -> Result<(), ConnectError> {
    let info = cmd("INFO").query_async(connection).await;
    let info: String = info.map_err(|error| match missing_right(&error) {
        Some(_) => without(vec!["command INFO".to_owned()]),
        None => error.into(),
    })?;
    check_server(&info)?;
    let layout = try_all(client, connection, keys, layouts).await?;
    layouts.check(&layout, keys.tag())
}

/// Judges a server by what it says of itself.
fn check_server(info: &str) -> Result<(), ConnectError> {
    let version = field(info, "redis_version");
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < OLDEST_SERVER) {
        return Err(ConnectError::Unfit(format!(
            "the Redis server has version `{version}`, but {OLDEST_SERVER}.0 or later is needed"
        )));
    }
    let policy = field(info, "maxmemory_policy");
    if policy != "noeviction" {
        return Err(ConnectError::Unfit(format!(
            "the Redis server would drop jobs when its memory is full (maxmemory-policy is \
             `{policy}`): set maxmemory-policy to noeviction"
        )));
    }
    // After a failover somebody may still take it for the master that it was, or will be.
    if field(info, "role") != "master" {
        return Err(ConnectError::Away(
            "the Redis server is a replica, which takes no writes".into(),
        ));
    }
    Ok(())
}

/// The value of a field in what INFO answers; empty if it is not there.
fn field<'a>(info: &'a str, name: &str) -> &'a str {
    info.lines()
        .filter_map(|line| line.split_once(':'))
        .find_map(|(key, value)| (key == name).then_some(value.trim_end()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(info: &str) -> String {
        check_server(info).unwrap_err().to_string()
    }

    #[test]
    fn servers_from_version_7_on_will_do() {
        for version in ["7.0.0", "7.2.4", "8.0.1", "10.0.0"] {
            let rest = "# Memory\r\nmaxmemory_policy:noeviction\r\n\r\nrole:master\r\n";
            check_server(&format!("redis_version:{version}\r\n{rest}")).unwrap();
        }
    }

    #[test]
    fn an_older_server_is_refused_by_its_version() {
        let message = refusal("redis_version:6.2.14\r\nmaxmemory_policy:noeviction\r\n");
        assert_eq!(message, "the Redis server has version `6.2.14`, but 7.0 or later is needed");
    }

    #[test]
    fn a_server_that_says_nothing_of_itself_is_refused() {
        assert!(refusal("").contains("version ``"));
        assert!(refusal("redis_version:7.0.0").contains("maxmemory-policy is ``"));
    }

    #[test]
    fn a_replica_may_become_a_master_and_is_waited_for() {
        let info = "redis_version:7.0.0\r\nmaxmemory_policy:noeviction\r\nrole:slave\r\n";
        assert!(matches!(check_server(info), Err(ConnectError::Away(_))));
    }

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let info = "# Server\r\nredis_version:7.0.15\r\nredis_version_x:1\r\n";
        assert_eq!(field(info, "redis_version"), "7.0.15");
        assert_eq!(field(info, "version"), "");
    }
}
