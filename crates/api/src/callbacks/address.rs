//! Where a host is, and whether it may be called there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::{Context, ensure};
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

/// Whether an address is one of the open internet, by the registries of special addresses (IANA,
/// RFC 6890). In doubt it is not.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_special = match address.octets() {
        // This network; shared by carriers; for protocols, 6to4 relays; benchmarks; in reserve.
        [0 | 240..=255, ..]
        | [100, 64..=127, ..]
        | [192, 0, 0, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..] => true,
        _ => {
            address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_multicast()
                || address.is_documentation()
        }
    };
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // Whatever carries an address of the old kind leads there.
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_public_v4((u32::from(high) << 16 | u32::from(low)).into())
        }
        // Of what is given out (2000::/3): protocols and Teredo, documentation, 6to4.
        [0x2001, 0..=0x01ff | 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_open_internet_are_public() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450::1",
            "2001:4860:4860::8888",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn all_others_are_not() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.7",
            "100.64.0.1",
            "127.0.0.1",
            "127.1.2.3",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.7",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

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
