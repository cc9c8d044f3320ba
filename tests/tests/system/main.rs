//! The whole system: the real programs as processes, a real Redis for each test, real photos.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod callbacks;
mod chromium;
mod client_fake;
mod client_programs;
mod client_webhooks;
mod clients;
mod described;
mod events;
mod files;
mod journey;
mod launch;
mod limits;
mod lost_redis;
mod other_sites;
mod outages;
mod page;
mod page_docs;
mod page_modules;
mod page_operators;
mod page_tabs;
mod photoctl;
mod postman;
mod processes;
mod readme;
mod redis_failover;
mod redis_trouble;
mod releases;
mod replicas;
mod standalone;
mod system;
mod tls;
mod upgrade;
