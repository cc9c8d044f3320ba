//! Addresses of stores and services, parsed once.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

use super::SentinelUrl;

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
}

/// Why a text is not a [`ServiceUrl`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a model service's address is http://host:port or https://host:port, without user, query or \
     fragment"
)]
pub struct InvalidServiceUrl;

impl FromStr for ServiceUrl {
    type Err = InvalidServiceUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| InvalidServiceUrl)?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
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
