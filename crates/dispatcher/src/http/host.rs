//! One host, its addresses, and the connections to them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::HttpSettings;
use super::connection::Connection;
use super::origin::Origin;
use super::{Resolver, Reuse};

/// How long an address that could not be connected to comes after all others.
const DEMOTION: Duration = Duration::from_secs(10);

/// Addresses of that age in look-up intervals are not used before the name was looked up again.
const MAX_STALE_LOOKUPS: u32 = 6;

/// The most addresses of one name.
const MAX_ADDRESSES: usize = 64;

/// A host.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) origin: Origin,
    settings: HttpSettings,
    state: Mutex<State>,
    /// Held while the name is looked up and requests wait for that.
    lookup: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct State {
    addresses: Vec<Address>,
    /// When the name was last looked up with success.
    looked_up: Option<Instant>,
    /// Whether it is looked up while requests go on.
    is_refreshing: bool,
    /// Grows with every request.
    serial: u64,
    last_used: Instant,
}

#[derive(Debug)]
struct Address {
    at: SocketAddr,
    in_flight: u32,
    /// When it was last chosen, as a [`State::serial`].
    chosen: u64,
    failed_at: Option<Instant>,
    /// Unused connections; the one used last is at the end.
    idle: Vec<Connection>,
}

/// One request's place at an address, given back when dropped.
#[derive(Debug)]
pub(super) struct AddressPermit {
    host: Arc<Host>,
    address: SocketAddr,
}

/// Where a request goes.
#[derive(Debug)]
pub(super) struct Choice {
    /// The address chosen.
    pub(super) permit: AddressPermit,
    /// An unused connection to it.
    pub(super) connection: Option<Connection>,
    /// Where to connect to otherwise: the address chosen, then the others.
    pub(super) candidates: Vec<SocketAddr>,
}

impl Host {
    /// A host that was never looked up.
    pub(super) fn new(origin: Origin, settings: HttpSettings) -> Self {
        let state = State {
            addresses: Vec::new(),
            looked_up: None,
            is_refreshing: false,
            serial: 0,
            last_used: Instant::now(),
        };
        Self { origin, settings, state: Mutex::new(state), lookup: tokio::sync::Mutex::default() }
    }

    /// Sees to it that the addresses are known. Where they were known not long ago, the name is
    /// looked up again beside the request, which does not wait for it.
    pub(super) async fn look_up(self: &Arc<Self>) -> std::io::Result<()> {
        if self.are_addresses_usable() {
            return Ok(());
        }
        let _one_at_a_time = self.lookup.lock().await;
        if self.are_addresses_usable() {
            return Ok(());
        }
        self.refresh().await
    }

    fn are_addresses_usable(self: &Arc<Self>) -> bool {
        let mut state = self.state();
        let Some(age) = state.looked_up.map(|at| at.elapsed()) else { return false };
        if age >= self.settings.lookup * MAX_STALE_LOOKUPS {
            return false;
        }
        if age >= self.settings.lookup && !std::mem::replace(&mut state.is_refreshing, true) {
            let host = Arc::clone(self);
            tokio::spawn(async move {
                // What was known holds on if this fails.
                if let Err(error) = host.refresh().await {
                    tracing::debug!(host = host.origin.host(), %error, "could not look up a name");
                }
                host.state().is_refreshing = false;
            });
        }
        true
    }

    async fn refresh(&self) -> std::io::Result<()> {
        let resolver: &Resolver = &self.settings.resolver;
        let found = resolver.addresses(&self.origin.host, self.origin.port).await?;
        let mut state = self.state();
        state.looked_up = Some(Instant::now());
        // Unused connections to an address that is no longer one go with it.
        state.addresses.retain(|known| found.contains(&known.at));
        for address in found.into_iter().take(MAX_ADDRESSES) {
            if !state.addresses.iter().any(|known| known.at == address) {
                state.addresses.push(Address::new(address));
            }
        }
        Ok(())
    }

    /// The address with the fewest requests in flight, the one longest not chosen among equals;
    /// last of all those that could not be connected to a moment ago.
    pub(super) fn choose(self: &Arc<Self>, reuse: Reuse) -> Option<Choice> {
        let idle_time = self.settings.idle;
        let mut guard = self.state();
        let state = &mut *guard;
        state.serial += 1;
        state.last_used = Instant::now();
        state.addresses.sort_by_key(|it| (it.is_demoted(), it.in_flight, it.chosen));
        let candidates = state.addresses.iter().map(|it| it.at).collect();
        let chosen = state.addresses.first_mut()?;
        chosen.in_flight += 1;
        chosen.chosen = state.serial;
        let permit = AddressPermit { host: Arc::clone(self), address: chosen.at };
        let mut connection = None;
        if reuse == Reuse::Allowed {
            while let Some(unused) = chosen.idle.pop() {
                if unused.is_usable(idle_time) {
                    connection = Some(unused);
                    break;
                }
            }
        }
        drop(guard);
        Some(Choice { permit, connection, candidates })
    }

    /// Keeps an unused connection, unless its address is no longer the host's.
    pub(super) fn put_back(&self, address: SocketAddr, connection: Connection) {
        if !connection.is_usable(self.settings.idle) {
            return;
        }
        if let Some(known) = self.state().get(address) {
            known.failed_at = None;
            known.idle.push(connection);
        }
    }

    /// Notes that an address could not be connected to.
    pub(super) fn note_failure(&self, address: SocketAddr) {
        if let Some(known) = self.state().get(address) {
            known.failed_at = Some(Instant::now());
        }
    }

    /// Has the name looked up before the next request: it may lead elsewhere by now.
    pub(super) fn forget_lookup(&self) {
        self.state().looked_up = None;
    }

    /// Closes connections that were not used for too long. Answers whether the host itself was
    /// not used for `forget_after`.
    pub(super) fn sweep(&self, forget_after: Duration) -> bool {
        let mut state = self.state();
        for address in &mut state.addresses {
            address.idle.retain(|connection| connection.is_usable(self.settings.idle));
        }
        let is_busy = state.addresses.iter().any(|it| it.in_flight > 0 || !it.idle.is_empty());
        !is_busy && state.last_used.elapsed() > forget_after
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is complete before anything can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn get(&mut self, address: SocketAddr) -> Option<&mut Address> {
        self.addresses.iter_mut().find(|known| known.at == address)
    }
}

impl Address {
    fn new(at: SocketAddr) -> Self {
        Self { at, in_flight: 0, chosen: 0, failed_at: None, idle: Vec::new() }
    }

    fn is_demoted(&self) -> bool {
        self.failed_at.is_some_and(|at| at.elapsed() < DEMOTION)
    }
}

impl AddressPermit {
    /// The same for another address of the host.
    pub(super) fn at(self, address: SocketAddr) -> Self {
        let host = Arc::clone(&self.host);
        drop(self);
        if let Some(known) = host.state().get(address) {
            known.in_flight += 1;
        }
        Self { host, address }
    }

    /// Gives the place back; what it was for.
    pub(super) fn into_parts(self) -> (Arc<Host>, SocketAddr) {
        (Arc::clone(&self.host), self.address)
    }
}

impl Drop for AddressPermit {
    fn drop(&mut self) {
        if let Some(known) = self.host.state().get(self.address) {
            // An address that went and came again begins with none.
            known.in_flight = known.in_flight.saturating_sub(1);
        }
    }
}
