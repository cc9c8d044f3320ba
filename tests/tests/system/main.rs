//! The whole system: the real programs as processes, a real Redis for each test, real photos.

mod files;
mod journey;
mod launch;
mod limits;
mod outages;
mod replicas;
mod standalone;
mod system;
