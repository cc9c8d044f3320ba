//! Looking up where a name leads.

use std::fmt::Debug;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use photo_core::address::is_off_limits;
use tokio::net::lookup_host;

/// What names are looked up with.
pub trait Resolve: Debug + Send + Sync + 'static {
    /// The addresses of a host, which is a name or an address itself.
    fn resolve(&self, host: String, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>>;
}

/// A shared [`Resolve`].
#[derive(Debug, Clone)]
pub struct Resolver(Arc<dyn Resolve>);

impl Resolver {
    /// Shares this.
    pub fn new(resolve: impl Resolve) -> Self {
        Self(Arc::new(resolve))
    }

    /// The addresses of a host, each once and at least one, in the order given.
    pub(super) async fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let mut addresses: Vec<SocketAddr> = Vec::new();
        for address in self.0.resolve(host.to_owned(), port).await? {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() {
            return Err(io::Error::other(format!("{host} has no address where a service can be")));
        }
        Ok(addresses)
    }
}

/// The system's own way, files and servers.
#[derive(Debug, Clone, Copy)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, host: String, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        async move {
            let mut found: Vec<SocketAddr> = lookup_host((&*host, port)).await?.collect();
            // Whoever announces a service may have its name lead anywhere. An operator who means
            // such an address configures the address.
            let is_name = host.trim_matches(['[', ']']).parse::<IpAddr>().is_err();
            found.retain(|address| !is_name || !is_off_limits(address.ip()));
            Ok(found)
        }
        .boxed()
    }
}
