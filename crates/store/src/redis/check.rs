//! What must be true of a server before jobs are entrusted to it.

use deadpool_redis::redis::pipe;
use photo_core::ports::StoreError;

use super::keys::Keys;
use super::link::Link;

/// The version of the layout of keys and records.
pub(super) const LAYOUT: &str = "1";
/// The first version whose scripts can say that they may run while memory is short.
const OLDEST_SERVER: u32 = 7;

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// It will not do as it is: a person must change the server or the configuration.
    #[error("{0}")]
    Unfit(String),
    /// It does not answer now. Trying again later may help.
    #[error(transparent)]
    Unavailable(#[from] StoreError),
}

/// Refuses a server that is too old, that may drop keys, or whose keys are of another version.
pub(super) async fn check(link: &Link, keys: &Keys) -> Result<(), ConnectError> {
    let mut questions = pipe();
    questions.cmd("INFO").arg("server").cmd("INFO").arg("memory").get(keys.version());
    let (server, memory, layout): (String, String, Option<String>) = link.send(&questions).await?;
    check_server(&server, &memory)?;
    match layout.as_deref() {
        Some(LAYOUT) => Ok(()),
        Some(other) => Err(ConnectError::Unfit(format!(
            "the keys under {} in Redis have layout version {other}, but this program writes \
             version {LAYOUT}: use the program they belong to, or another store.prefix",
            keys.tag()
        ))),
        None => {
            let mut claim = pipe();
            claim.cmd("SET").arg(keys.version()).arg(LAYOUT).arg("NX").ignore();
            Ok(link.send(&claim).await?)
        }
    }
}

/// Judges a server by the sections `server` and `memory` of its INFO.
fn check_server(server: &str, memory: &str) -> Result<(), ConnectError> {
    let version = field(server, "redis_version");
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < OLDEST_SERVER) {
        return Err(ConnectError::Unfit(format!(
            "the Redis server has version `{version}`, but {OLDEST_SERVER}.0 or later is needed"
        )));
    }
    let policy = field(memory, "maxmemory_policy");
    if policy != "noeviction" {
        return Err(ConnectError::Unfit(format!(
            "the Redis server would drop jobs when its memory is full (maxmemory-policy is \
             `{policy}`): set maxmemory-policy to noeviction"
        )));
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

    const MEMORY: &str = "# Memory\r\nmaxmemory_policy:noeviction\r\n";

    fn refusal(server: &str, memory: &str) -> String {
        check_server(server, memory).unwrap_err().to_string()
    }

    #[test]
    fn servers_from_version_7_on_will_do() {
        for version in ["7.0.0", "7.2.4", "8.0.1", "10.0.0"] {
            check_server(&format!("redis_version:{version}\r\n"), MEMORY).unwrap();
        }
    }

    #[test]
    fn an_older_server_is_refused_by_its_version() {
        let message = refusal("redis_version:6.2.14\r\n", MEMORY);
        assert_eq!(message, "the Redis server has version `6.2.14`, but 7.0 or later is needed");
    }

    #[test]
    fn a_server_that_says_nothing_of_itself_is_refused() {
        assert!(refusal("", MEMORY).contains("version ``"));
        assert!(refusal("redis_version:7.0.0", "").contains("maxmemory-policy is ``"));
    }

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let info = "# Server\r\nredis_version:7.0.15\r\nredis_version_x:1\r\n";
        assert_eq!(field(info, "redis_version"), "7.0.15");
        assert_eq!(field(info, "version"), "");
    }
}
