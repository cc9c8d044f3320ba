//! Whose pages may use the server.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

/// The origin of web pages, as browsers send it in `Origin`: `http://localhost:3000`. A port that
/// is the scheme's own is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AllowedOrigin(String);

/// Why a text is not an [`AllowedOrigin`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an origin is http:// or https://, a host, and a port unless it is the usual one, and nothing \
     behind it: http://localhost:3000; each is listed by itself, `*` and `null` are none"
)]
pub struct InvalidOrigin;

impl AllowedOrigin {
    /// The origin as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AllowedOrigin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| InvalidOrigin)?;
        let is_origin = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && !text.contains('*');
        if is_origin { Ok(Self(url.origin().ascii_serialization())) } else { Err(InvalidOrigin) }
    }
}

impl TryFrom<String> for AllowedOrigin {
    type Error = InvalidOrigin;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<AllowedOrigin> for String {
    fn from(origin: AllowedOrigin) -> Self {
        origin.0
    }
}

impl fmt::Display for AllowedOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_kept_as_browsers_send_it() {
        for (text, kept) in [
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://LOCALHOST:3000/", "http://localhost:3000"),
            ("https://photos.example.org:443", "https://photos.example.org"),
            ("http://[::1]:3000", "http://[::1]:3000"),
        ] {
            assert_eq!(text.parse::<AllowedOrigin>().unwrap().as_str(), kept);
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in [
            "",
            "*",
            "null",
            "localhost:3000",
            "http://",
            "http://*",
            "http://*.example.org",
            "http://a/b",
            "http://a?b",
            "http://a#b",
            "http://u@a",
            "ftp://a",
            "file:///",
        ] {
            assert!(text.parse::<AllowedOrigin>().is_err(), "{text}");
        }
    }
}
