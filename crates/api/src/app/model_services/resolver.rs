//! Resolves the hosts that services announce.

use std::net::{IpAddr, SocketAddr};

use photo_core::address::is_off_limits;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

/// Resolves names, and refuses a name of which any address is off limits: the connection goes to
/// one of the addresses that were checked.
#[derive(Debug)]
pub(super) struct ServiceResolver;

/// The name leads off limits.
#[derive(Debug, thiserror::Error)]
#[error("its name leads to {0}")]
pub(super) struct OffLimits(pub(super) IpAddr);

impl Resolve for ServiceResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The port is the URL's.
            let found: Vec<SocketAddr> = lookup_host((name.as_str(), 0)).await?.collect();
            if let Some(address) = found.iter().find(|address| is_off_limits(address.ip())) {
                return Err(OffLimits(address.ip()).into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether a request failed because its host's address is off limits.
pub(crate) fn is_off_limits_error(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.is::<OffLimits>() {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn a_name_that_leads_off_limits_is_told_from_one_that_leads_nowhere() {
        // A client of which every name leads where this one does.
        struct Leads(IpAddr);
        impl Resolve for Leads {
            fn resolve(&self, _: Name) -> Resolving {
                let address = self.0;
                Box::pin(async move { Err(OffLimits(address).into()) })
            }
        }
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(photo_tls::client_config())
            .dns_resolver(Arc::new(Leads("169.254.169.254".parse().unwrap())))
            .build()
            .unwrap();
        let error = client.get("http://metadata.example/status").send().await.unwrap_err();
        assert!(is_off_limits_error(&error), "{error:?}");
        let error = client.get("http://127.0.0.1:1/status").send().await.unwrap_err();
        assert!(!is_off_limits_error(&error), "{error:?}");
    }
}
