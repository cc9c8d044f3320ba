//! Addresses of stores and services, parsed once.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use photo_core::address;

use super::SentinelUrl;

/// What a machine is called from within containers on it. Nobody else can own such a name.
pub const HOST_OF_CONTAINERS: [&str; 2] = ["host.docker.internal", "host.containers.internal"];

/// Where jobs live.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum StoreUrl {
    /// A Redis server, for any number of programs: `redis://[user:password@]host[:port][/db]`.
    Redis(String),
    /// The Redis server that sentinels name: `redis-sentinel://host:port,host:port/<master>`.
    Sentinel(SentinelUrl),
    /// A file of this process alone: `sqlite:<file>`.
    Sqlite(PathBuf),
}

impl TryFrom<String> for StoreUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.split_once(':') {
            Some(("redis", _)) if Url::parse(&text).is_ok_and(|url| is_server(&url)) => {
                Ok(Self::Redis(text))
            }
            Some(("redis-sentinel", _)) => {
                text.parse().map(Self::Sentinel).map_err(|error| format!("{error}"))
            }
            Some(("sqlite", file)) if !file.is_empty() => Ok(Self::Sqlite(file.into())),
            // The text may hold a password and is not repeated.
            _ => Err(
                "a store is redis://host:port, redis-sentinel://host:port,host:port/<master>, or \
                  sqlite:<file>"
                    .to_owned(),
            ),
        }
    }
}

/// Whether there is nothing behind the host but the number of a database. What else stands there
/// may be the rest of a password with a slash in it.
fn is_server(url: &Url) -> bool {
    url.has_host() && url.path().trim_start_matches('/').bytes().all(|byte| byte.is_ascii_digit())
}

impl From<StoreUrl> for String {
    fn from(url: StoreUrl) -> Self {
        match url {
            StoreUrl::Redis(text) => text,
            StoreUrl::Sentinel(url) => url.into(),
            StoreUrl::Sqlite(file) => format!("sqlite:{}", file.display()),
        }
    }
}

/// Without the password.
impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Redis(text) => match Url::parse(text) {
                Ok(url) => {
                    write!(f, "redis://{}", url.host_str().unwrap_or_default())?;
                    write!(f, ":{}{}", url.port().unwrap_or(6379), url.path())
                }
                Err(_) => f.write_str("redis://…"),
            },
            Self::Sentinel(url) => fmt::Display::fmt(url, f),
            Self::Sqlite(file) => write!(f, "sqlite:{}", file.display()),
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where photos live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ImagesUrl {
    /// A folder, which several programs may share: `file:<folder>`.
    File(PathBuf),
}

impl TryFrom<String> for ImagesUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.strip_prefix("file:") {
            // file:///abs and file:/abs are the same folder.
            Some(folder) if !folder.is_empty() => {
                Ok(Self::File(folder.strip_prefix("//").unwrap_or(folder).into()))
            }
            _ => Err(format!("photos are kept in file:<folder>, not in `{text}`")),
        }
    }
}

impl From<ImagesUrl> for String {
    fn from(url: ImagesUrl) -> Self {
        url.to_string()
    }
}

impl fmt::Display for ImagesUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::File(folder) = self;
        write!(f, "file:{}", folder.display())
    }
}

/// The address of a model service: `http://host[:port][/path]` or the same with `https`, kept
/// without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServiceUrl(String);

impl ServiceUrl {
    /// The service on a port of a host.
    pub fn from_port(host: &str, port: u16) -> Result<Self, InvalidServiceUrl> {
        if port == 0 {
            return Err(InvalidServiceUrl);
        }
        format!("http://{host}:{port}").parse()
    }

    /// The address as text, without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether its host is the machine that this process runs on, or the one around its container.
    pub fn is_this_machine(&self) -> bool {
        let url = Url::parse(&self.0).ok();
        url.is_some_and(|url| match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || HOST_OF_CONTAINERS.contains(&name),
            Some(Host::Ipv4(host)) => host.is_loopback(),
            Some(Host::Ipv6(host)) => host.to_canonical().is_loopback(),
            None => false,
        })
    }

    /// Whether it names an IP address, and one where no service that somebody announces can be.
    /// What a host's name leads to is not looked at.
    pub fn is_off_limits(&self) -> bool {
        let url = Url::parse(&self.0).ok();
        url.is_some_and(|url| match url.host() {
            Some(Host::Ipv4(host)) => address::is_off_limits(host.into()),
            Some(Host::Ipv6(host)) => address::is_off_limits(host.into()),
            _ => false,
        })
    }
}

/// Why a text is not a [`ServiceUrl`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a model service's address is http://host:port or https://host:port, without user, query, \
     fragment, white space or control characters"
)]
pub struct InvalidServiceUrl;

impl FromStr for ServiceUrl {
    type Err = InvalidServiceUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !is_plain(text) {
            return Err(InvalidServiceUrl);
        }
        let url = Url::parse(text).map_err(|_| InvalidServiceUrl)?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.query().is_none()
            && url.fragment().is_none();
        // As it is kept it may be longer than it came, and must be read again.
        if plain && url.as_str().len() <= 300 {
            Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
        } else {
            Err(InvalidServiceUrl)
        }
    }
}

/// Whether reading it as a URL loses nothing of it: white space and line ends are dropped there,
/// and so are an empty user, and characters in a host that nobody sees.
fn is_plain(text: &str) -> bool {
    let rest = text.split_once("://").map(|(_, rest)| rest);
    let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let is_seen = |it: char| it.is_ascii() || it.is_alphanumeric();
    !text.contains(|it: char| it.is_control() || it.is_whitespace() || it == '\\')
        && !authority.is_empty()
        && !authority.contains('@')
        && authority.chars().all(is_seen)
}

impl TryFrom<String> for ServiceUrl {
    type Error = InvalidServiceUrl;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ServiceUrl> for String {
    fn from(url: ServiceUrl) -> Self {
        url.0
    }
}

impl fmt::Display for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_url_would_be_read_without_is_refused() {
        for text in [
            "http://h\nFORGED:1",
            "http://h:1\r\n",
            "http://h\t:1",
            " http://h:1",
            "http://h:1 ",
            "http://h:1/a b",
            "http://h\u{0}:1",
            "http://\u{ad}h:1",
            "http://h\u{200b}:1",
            "http://h\u{a0}:1",
            "http://@h:1",
            "http://:@h:1",
            "http://user@h:1",
            "http://user:secret@h:1",
            "http:\\\\h:1",
            "http:h:1",
            "http:///h:1",
            "http://h:1?",
            "http://h:1#",
        ] {
            assert_eq!(text.parse::<ServiceUrl>(), Err(InvalidServiceUrl), "{text:?}");
        }
        for text in ["http://h:1", "https://gpu-1.example.org/a/b", "http://[::1]:5", "http://ä:1"]
        {
            assert!(text.parse::<ServiceUrl>().is_ok(), "{text:?}");
        }
    }
}
