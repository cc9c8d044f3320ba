//! `[callbacks]`: who may be told once an image is finished.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::values::Secret;

/// What every secret begins with, by the Standard Webhooks spec.
const SECRET_PREFIX: &str = "whsec_";

/// The least and the most bytes of a key, by the same.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// `[callbacks]`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CallbacksConfig {
    /// What callbacks are signed with. Without it there are none.
    pub secret: Option<WebhookSecret>,
    /// The hosts that may be called.
    pub allow: Vec<AllowedHost>,
    /// Whether hosts by name may have addresses that are not public.
    pub allow_private: bool,
}

impl CallbacksConfig {
    /// Whether this may be called: a host and a port that are listed.
    pub fn allows(&self, url: &Url) -> bool {
        self.allow.iter().any(|allowed| allowed.is_of(url))
    }
}

/// The key that callbacks are signed with: `whsec_` and the key in base64. It is never printed.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Secret", into = "Secret")]
pub struct WebhookSecret {
    text: Secret,
    key: Vec<u8>,
}

impl WebhookSecret {
    /// The key.
    pub fn key(&self) -> &[u8] {
        &self.key
    }
}

impl TryFrom<Secret> for WebhookSecret {
    type Error = &'static str;

    fn try_from(text: Secret) -> Result<Self, Self::Error> {
        let key = text.reveal().strip_prefix(SECRET_PREFIX);
        let key = key.and_then(|key| STANDARD.decode(key).ok());
        match key {
            Some(key) if KEY_BYTES.contains(&key.len()) => Ok(Self { text, key }),
            _ => Err("a secret of callbacks is `whsec_` and 24 to 64 bytes in base64: \
                      echo whsec_$(openssl rand -base64 32)"),
        }
    }
}

impl From<WebhookSecret> for Secret {
    fn from(secret: WebhookSecret) -> Self {
        secret.text
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// A host that may be called, or by which a request may call this server: a name, `*.` and a name
/// for all below it, or an address; with a port, or with the usual one of the URL's scheme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AllowedHost {
    host: AllowedName,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum AllowedName {
    Exactly(String),
    Below(String),
    Address(IpAddr),
}

/// Why a text is not an [`AllowedHost`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a host is a name such as example.org, all below one such as *.example.org, or an address, \
     with or without a port: 10.0.0.7:8080, [fd00::7]:8080"
)]
pub struct InvalidHost;

impl AllowedHost {
    /// Whether a request that calls its server by this host and port may be answered. Without a
    /// port in the list any will do; a request that says none uses its scheme's own.
    pub fn names<T: AsRef<str>>(&self, host: &Host<T>, port: Option<u16>) -> bool {
        let port_fits = match (self.port, port) {
            (None, _) | (Some(80 | 443), None) => true,
            (Some(allowed), port) => port == Some(allowed),
        };
        port_fits && self.host.is(host)
    }

    fn is_of(&self, url: &Url) -> bool {
        // A port that is the scheme's own is `None`, whether the URL says it or not.
        let port_fits = match self.port {
            Some(port) => url.port_or_known_default() == Some(port),
            None => url.port().is_none(),
        };
        port_fits && url.host().is_some_and(|host| self.host.is(&host))
    }
}

impl AllowedName {
    fn is<T: AsRef<str>>(&self, host: &Host<T>) -> bool {
        match (self, host) {
            (Self::Exactly(name), Host::Domain(host)) => name == host.as_ref(),
            (Self::Below(name), Host::Domain(host)) => {
                let above = host.as_ref().strip_suffix(name.as_str());
                above.and_then(|above| above.strip_suffix('.')).is_some_and(|it| !it.is_empty())
            }
            (Self::Address(address), Host::Ipv4(host)) => address == host,
            (Self::Address(address), Host::Ipv6(host)) => address == host,
            _ => false,
        }
    }
}

impl FromStr for AllowedHost {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (text, below) = match text.strip_prefix("*.") {
            Some(name) => (name, true),
            None => (text, false),
        };
        // Read as a URL has it, so that one host has one spelling. The port of a scheme that has
        // none of its own is always told.
        let url = Url::parse(&format!("host://{text}")).map_err(|_| InvalidHost)?;
        let is_bare = url.path().is_empty() && url.query().is_none() && url.fragment().is_none();
        if !is_bare
            || !url.username().is_empty()
            || url.password().is_some()
            || url.port() == Some(0)
        {
            return Err(InvalidHost);
        }
        let host = url.host_str().ok_or(InvalidHost)?;
        let host = match (Host::parse(host).map_err(|_| InvalidHost)?, below) {
            (Host::Domain(name), _) if name.contains('*') => return Err(InvalidHost),
            (Host::Domain(name), true) => AllowedName::Below(name),
            (Host::Domain(name), false) => AllowedName::Exactly(name),
            (Host::Ipv4(address), false) => AllowedName::Address(address.into()),
            (Host::Ipv6(address), false) => AllowedName::Address(address.into()),
            _ => return Err(InvalidHost),
        };
        Ok(Self { host, port: url.port() })
    }
}

impl TryFrom<String> for AllowedHost {
    type Error = InvalidHost;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<AllowedHost> for String {
    fn from(host: AllowedHost) -> Self {
        host.to_string()
    }
}

impl fmt::Display for AllowedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            AllowedName::Exactly(name) => f.write_str(name)?,
            AllowedName::Below(name) => write!(f, "*.{name}")?,
            AllowedName::Address(IpAddr::V4(address)) => write!(f, "{address}")?,
            AllowedName::Address(IpAddr::V6(address)) => write!(f, "[{address}]")?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn allows(host: &str, url: &str) -> bool {
        host.parse::<AllowedHost>().unwrap().is_of(&url.parse().unwrap())
    }

    #[test]
    fn a_name_is_itself_with_the_usual_port() {
        for url in ["http://example.org/a", "https://EXAMPLE.org:443/", "http://example.org:80?b"] {
            assert!(allows("Example.org", url), "{url}");
        }
        for url in [
            "http://example.org:8080/",
            "http://a.example.org/",
            "http://example.org.evil.net/",
            "http://evil-example.org/",
            "http://example.org@evil.net/",
            "http://10.0.0.7/",
        ] {
            assert!(!allows("example.org", url), "{url}");
        }
        assert!(allows("example.org:8080", "http://example.org:8080/"));
        assert!(!allows("example.org:8080", "http://example.org/"));
        assert!(allows("example.org:443", "https://example.org/"));
    }

    #[test]
    fn a_star_is_all_below_a_name_and_not_the_name() {
        assert!(allows("*.example.org", "https://a.example.org/"));
        assert!(allows("*.example.org", "https://b.a.example.org/"));
        for url in ["https://example.org/", "https://evil-example.org/", "https://.example.org/"] {
            assert!(
                !url.parse()
                    .is_ok_and(|url| "*.example.org".parse::<AllowedHost>().unwrap().is_of(&url))
            );
        }
        assert!(allows("*.example.org:8443", "https://a.example.org:8443/"));
    }

    #[test]
    fn an_address_is_itself_however_it_is_spelt() {
        for url in ["http://10.0.0.7:8080/", "http://0x0a000007:8080/", "http://167772167:8080/"] {
            assert!(allows("10.0.0.7:8080", url), "{url}");
        }
        assert!(!allows("10.0.0.7", "http://10.0.0.8/"));
        assert!(allows("[::1]:8080", "http://[0:0::1]:8080/"));
        assert!(!allows("[::1]:8080", "http://127.0.0.1:8080/"));
    }

    #[test]
    fn a_server_is_called_by_its_names_on_any_port_unless_one_is_listed() {
        let names = |allowed: &str, host: &str, port| {
            allowed.parse::<AllowedHost>().unwrap().names(&Host::parse(host).unwrap(), port)
        };
        assert!(names("photos.example.org", "photos.example.org", Some(5000)));
        assert!(names("photos.example.org", "PHOTOS.example.org", None));
        assert!(names("*.example.org", "photos.example.org", None));
        assert!(names("192.168.1.7", "192.168.1.7", Some(5000)));
        assert!(names("photos.example.org:443", "photos.example.org", None));
        assert!(!names("photos.example.org:5000", "photos.example.org", None));
        assert!(!names("photos.example.org:5000", "photos.example.org", Some(80)));
        assert!(!names("photos.example.org", "example.org", None));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in [
            "",
            "*",
            "*.",
            ":80",
            "a b",
            "http://a",
            "a/b",
            "a?b",
            "a#b",
            "u@a",
            "u:p@a",
            "*.10.0.0.7",
            "a:0",
            "a:99999",
            "*.*.a",
            "a*",
            "[::1",
            "::1",
        ] {
            assert!(text.parse::<AllowedHost>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_secret_is_a_key_in_base64_and_never_printed() {
        let secret = |text: &str| -> Result<WebhookSecret, _> {
            serde_json::from_value(serde_json::json!(text))
        };
        let good = secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert_eq!(good.key().len(), 24);
        assert_eq!(format!("{good:?}"), "…");
        for wrong in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8G", "whsec_!"]
        {
            let error = secret(wrong).unwrap_err().to_string();
            assert!(wrong.len() < 8 || !error.contains(wrong), "{error}");
        }
    }

    proptest! {
        #[test]
        fn hosts_print_as_they_parse(text in "(\\*\\.)?[a-z0-9.\\[\\]:-]{0,20}(:[0-9]{1,5})?") {
            if let Ok(host) = text.parse::<AllowedHost>() {
                prop_assert_eq!(host.to_string().parse(), Ok(host));
            }
        }
    }
}
