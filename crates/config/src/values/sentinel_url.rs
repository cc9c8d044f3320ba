//! The address of a Redis server that Sentinel watches over.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// The port of sentinels that are named without one.
const SENTINEL_PORT: u16 = 26379;

/// `redis-sentinel://[user:password@]host[:port][,host[:port]…]/<master>[/<db>]`: the sentinels to
/// ask which server is the master of that name. User and password are the servers'; the sentinels'
/// own, if they have any, go into the query: `?sentinel_user=…&sentinel_password=…`.
#[derive(Clone, PartialEq, Eq)]
pub struct SentinelUrl {
    text: String,
    sentinels: Vec<Url>,
    master: String,
    server: Url,
}

/// Why a text is not a [`SentinelUrl`]. It does not repeat the text, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "an address of Redis sentinels is redis-sentinel://[user:password@]host:port,host:port/\
     <name of the master>[/<db>][?sentinel_user=…&sentinel_password=…]"
)]
pub struct InvalidSentinelUrl;

impl SentinelUrl {
    /// The sentinels, each as a `redis://` address with the sentinels' own user and password.
    pub fn sentinels(&self) -> &[Url] {
        &self.sentinels
    }

    /// The name under which the sentinels know the master.
    pub fn master(&self) -> &str {
        &self.master
    }

    /// User, password and number of the database, in a `redis://` address whose host means
    /// nothing.
    pub fn server(&self) -> &Url {
        &self.server
    }
}

impl FromStr for SentinelUrl {
    type Err = InvalidSentinelUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or(InvalidSentinelUrl)
    }
}

fn parse(text: &str) -> Option<SentinelUrl> {
    let (authority, path) = text.strip_prefix("redis-sentinel://")?.split_once('/')?;
    let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let server = Url::parse(&format!("redis://{login}@server/{path}")).ok()?;

    let mut parts = server.path_segments()?;
    let (master, db) = (parts.next()?.to_owned(), parts.next().unwrap_or_default().to_owned());
    // The characters that sentinels take in a name.
    let named = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let whole = parts.next().is_none() && server.fragment().is_none();
    if master.is_empty() || !master.chars().all(named) || !whole {
        return None;
    }
    if !db.is_empty() {
        db.parse::<u32>().ok()?;
    }

    let (mut user, mut password) = (String::new(), None);
    for (key, value) in server.query_pairs() {
        match &*key {
            "sentinel_user" => user = value.into_owned(),
            "sentinel_password" => password = Some(value.into_owned()),
            _ => return None,
        }
    }
    let sentinel = |host: &str| {
        let mut url = Url::parse(&format!("redis://{host}")).ok().filter(plain)?;
        url.set_port(url.port().or(Some(SENTINEL_PORT))).ok()?;
        url.set_username(&user).ok()?;
        url.set_password(password.as_deref()).ok()?;
        Some(url)
    };
    let sentinels = hosts.split(',').map(sentinel).collect::<Option<_>>()?;

    let mut server = server.clone();
    server.set_query(None);
    server.set_path(&db);
    Some(SentinelUrl { text: text.to_owned(), sentinels, master, server })
}

/// Whether the address is a host and perhaps a port.
fn plain(url: &Url) -> bool {
    url.has_host() && url.username().is_empty() && url.path().is_empty() && url.query().is_none()
}

impl From<SentinelUrl> for String {
    fn from(url: SentinelUrl) -> Self {
        url.text
    }
}

/// Without the passwords.
impl fmt::Display for SentinelUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("redis-sentinel://")?;
        for (n, sentinel) in self.sentinels.iter().enumerate() {
            let host = sentinel.host_str().unwrap_or_default();
            let comma = if n == 0 { "" } else { "," };
            write!(f, "{comma}{host}:{}", sentinel.port().unwrap_or(SENTINEL_PORT))?;
        }
        write!(f, "/{}{}", self.master, self.server.path())
    }
}

impl fmt::Debug for SentinelUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (Vec<String>, String, String) {
        let url: SentinelUrl = text.parse().unwrap();
        let sentinels = url.sentinels().iter().map(ToString::to_string).collect();
        (sentinels, url.master().to_owned(), url.server().to_string())
    }

    #[test]
    fn an_address_is_some_sentinels_and_the_name_of_a_master() {
        let (sentinels, master, server) = parts("redis-sentinel://one,two:7,[::1]:8/my-master");
        assert_eq!(sentinels, ["redis://one:26379", "redis://two:7", "redis://[::1]:8"]);
        assert_eq!((master.as_str(), server.as_str()), ("my-master", "redis://server"));
    }

    #[test]
    fn servers_and_sentinels_have_passwords_of_their_own() {
        let url = "redis-sentinel://me:p%40ss@one:1,two:2/m/3";
        let (sentinels, _, server) = parts(url);
        assert_eq!(sentinels, ["redis://one:1", "redis://two:2"]);
        assert_eq!(server, "redis://me:p%40ss@server/3");
        let (sentinels, _, server) =
            parts("redis-sentinel://:pw@one:1/m?sentinel_user=you&sentinel_password=a%2Fb");
        assert_eq!(sentinels, ["redis://you:a%2Fb@one:1"]);
        assert_eq!(server, "redis://:pw@server");
    }

    #[test]
    fn passwords_are_never_shown() {
        let url = "redis-sentinel://me:hunter2@one:1,two/m/3?sentinel_password=hunter2";
        let url: SentinelUrl = url.parse().unwrap();
        for shown in [format!("{url}"), format!("{url:?}")] {
            assert_eq!(shown, "redis-sentinel://one:1,two:26379/m/3");
        }
    }

    #[test]
    fn what_is_no_such_address_is_refused() {
        for text in [
            "redis-sentinel://one:1",
            "redis-sentinel://one:1/",
            "redis-sentinel:///m",
            "redis-sentinel://one:1,/m",
            "redis-sentinel://one:x/m",
            "redis-sentinel://one:1/m/x",
            "redis-sentinel://one:1/m/-1",
            "redis-sentinel://one:1/m/1/2",
            "redis-sentinel://one:1/a%20b",
            "redis-sentinel://one:1/m?password=x",
            "redis-sentinel://one:1/m#x",
            "redis-sentinel://a@b@c:1/m/#",
            "redis://one:1/m",
        ] {
            assert!(text.parse::<SentinelUrl>().is_err(), "{text}");
        }
    }
}
