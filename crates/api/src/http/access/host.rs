//! By which names the server may be called.

use std::net::{IpAddr, SocketAddr};

use actix_web::dev::ServiceRequest;
use actix_web::http::header::HOST;
use actix_web::http::uri::Authority;
use photo_config::{AllowedHost, HOST_OF_CONTAINERS};
use url::Host;

use crate::http::access::AccessError;
use crate::http::text::shorten;

/// The end of a connection that is ours, if that is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LocalAddress(pub(crate) Option<SocketAddr>);

impl LocalAddress {
    /// In doubt it is.
    fn is_loopback(self) -> bool {
        self.0.is_none_or(|address| address.ip().to_canonical().is_loopback())
    }
}

/// Refuses a request that calls the server by another name than its own. A browser always says
/// which name led it here, so a request without one comes from none.
pub(super) fn check(request: &ServiceRequest, allowed: &[AllowedHost]) -> Result<(), AccessError> {
    let in_target = request.uri().authority().map(Authority::as_str);
    let in_header = || request.headers().get(HOST).map(|host| host.to_str().unwrap_or("?"));
    let Some(authority) = in_target.or_else(in_header) else { return Ok(()) };
    let local = request.conn_data::<LocalAddress>().copied().unwrap_or(LocalAddress(None));
    if is_own(authority, local.is_loopback(), allowed) {
        return Ok(());
    }
    Err(AccessError::UnknownHost { host: shorten(authority) })
}

fn is_own(authority: &str, on_loopback: bool, allowed: &[AllowedHost]) -> bool {
    if !on_loopback && allowed.is_empty() {
        return true;
    }
    let Some((name, port)) = split(authority) else { return false };
    // The usual ones, without more ado.
    if name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let Ok(host) = Host::parse(name) else { return false };
    let is_ours = match &host {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost"
                || name.ends_with(".localhost")
                || HOST_OF_CONTAINERS.contains(&name)
        }
        Host::Ipv4(address) => !on_loopback || address.is_loopback(),
        Host::Ipv6(address) => !on_loopback || IpAddr::from(*address).to_canonical().is_loopback(),
    };
    is_ours || allowed.iter().any(|allowed| allowed.names(&host, port))
}

/// Host and port.
fn split(authority: &str) -> Option<(&str, Option<u16>)> {
    match authority.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => Some((name, Some(port.parse().ok()?))),
        _ => Some((authority, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(hosts: &[&str]) -> Vec<AllowedHost> {
        hosts.iter().map(|host| host.parse().unwrap()).collect()
    }

    #[test]
    fn over_loopback_it_is_called_by_what_names_loopback() {
        for host in [
            "localhost",
            "LocalHost:5000",
            "localhost.:5000",
            "photos.localhost:5000",
            "127.0.0.1:5000",
            "127.1.2.3",
            "[::1]:5000",
            "[::1]",
            "[::ffff:127.0.0.1]:5000",
            "host.docker.internal:5000",
        ] {
            assert!(is_own(host, true, &[]), "{host}");
        }
        for host in [
            "",
            "?",
            "rebind.example",
            "rebind.example:5000",
            "localhost.rebind.example",
            "notlocalhost",
            "127.0.0.1.rebind.example",
            "10.0.0.7:5000",
            "0.0.0.0:5000",
            "[fd00::1]:5000",
            "localhost:x",
            "user@localhost",
            "a b",
        ] {
            assert!(!is_own(host, true, &[]), "{host}");
        }
    }

    #[test]
    fn a_listed_name_is_its_own_too() {
        let allowed = listed(&["photos.example.org", "*.lan", "10.0.0.7"]);
        for host in ["photos.example.org", "Photos.Example.org:8080", "a.lan", "10.0.0.7:5000"] {
            assert!(is_own(host, true, &allowed), "{host}");
        }
        assert!(!is_own("example.org", true, &allowed));
    }

    #[test]
    fn from_elsewhere_it_is_called_by_any_name_unless_some_are_listed() {
        assert!(is_own("photos.example.org", false, &[]));
        let allowed = listed(&["photos.example.org"]);
        for host in ["photos.example.org", "192.168.1.7:5000", "[fd00::7]:5000", "localhost:5000"] {
            assert!(is_own(host, false, &allowed), "{host}");
        }
        assert!(!is_own("rebind.example:5000", false, &allowed));
    }

    #[test]
    fn a_connection_over_loopback_is_told_also_on_a_socket_for_all_addresses() {
        let is_loopback = |address: &str| LocalAddress(address.parse().ok()).is_loopback();
        assert!(is_loopback("127.0.0.1:5000") && is_loopback("[::ffff:127.0.0.1]:5000"));
        assert!(is_loopback("[::1]:5000") && is_loopback("not known"));
        assert!(!is_loopback("192.168.1.7:5000") && !is_loopback("[fd00::7]:5000"));
    }
}
