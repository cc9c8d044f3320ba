//! Dispatchers at work between a real job store and fake model services.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod fake_service;
mod fake_store;
mod hostile_service;
mod raw_service;
mod world;

mod jobs {
    mod damage;
    mod failures;
    mod leases;
    mod slots;
    mod stopping;
    mod unrouted;
}
mod services {
    mod announced;
    mod connections;
    mod endpoints;
    mod hostile;
    mod protocols;
    mod renewal;
    mod reports;
}
