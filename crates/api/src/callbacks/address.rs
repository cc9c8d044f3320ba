//! Where a host is, and whether it may be called there.

use std::net::SocketAddr;

use anyhow::{Context, ensure};
use photo_core::address::is_public;
use tokio::net::lookup_host;
use url::{Host, Url};

/// The addresses at which the host of a URL may be called. A name leads to public addresses only,
/// all of them, unless `allow_private`; an address in a URL was listed by the operator.
pub(super) async fn resolve(url: &Url, allow_private: bool) -> anyhow::Result<Vec<SocketAddr>> {
    let port = url.port_or_known_default().context("the address has no port")?;
    let name = match url.host().context("the address has no host")? {
        Host::Ipv4(address) => return Ok(vec![(address, port).into()]),
        Host::Ipv6(address) => return Ok(vec![(address, port).into()]),
        Host::Domain(name) => name,
    };
    let found: Vec<SocketAddr> =
        lookup_host((name, port)).await.with_context(|| format!("{name} is not found"))?.collect();
    ensure!(!found.is_empty(), "{name} has no address");
    for address in &found {
        ensure!(
            allow_private || is_public(address.ip()),
            "{name} is at {}, which is not public: list that address in callbacks.allow, or set \
             callbacks.allow_private",
            address.ip()
        );
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_that_leads_home_is_refused_unless_that_is_allowed() {
        let url = "http://localhost:8080/".parse().unwrap();
        let refusal = resolve(&url, false).await.unwrap_err().to_string();
        assert!(refusal.contains("which is not public"), "{refusal}");
        let found = resolve(&url, true).await.unwrap();
        assert!(found.iter().all(|it| it.ip().is_loopback() && it.port() == 8080), "{found:?}");
    }

    #[tokio::test]
    async fn a_listed_address_needs_no_look() {
        for (url, address) in
            [("http://10.0.0.7/", "10.0.0.7:80"), ("https://[fd00::7]/", "[fd00::7]:443")]
        {
            let found = resolve(&url.parse().unwrap(), false).await.unwrap();
            assert_eq!(found, [address.parse().unwrap()]);
        }
    }
}
