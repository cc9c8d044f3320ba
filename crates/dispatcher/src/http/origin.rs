//! The scheme, host and port of a URL.

use hyper::Uri;

/// What connections are shared by: the scheme, host and port of a URL.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    is_tls: bool,
    /// Host and port as they stand in the URL.
    authority: String,
    pub(super) host: String,
    pub(super) port: u16,
}

impl Origin {
    /// The origin of a URL that has a host.
    pub(super) fn of(url: &Uri) -> Option<Self> {
        let is_tls = url.scheme_str() == Some("https");
        let authority = url.authority()?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        Some(Self { is_tls, authority: authority.as_str().to_owned(), host, port })
    }

    /// Whether TLS is spoken.
    pub(super) fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// The host, an IPv6 address without brackets.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// What the header `Host` says.
    pub(super) fn host_header(&self) -> &str {
        &self.authority
    }
}
