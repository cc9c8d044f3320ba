//! The event loop that claims jobs, starts them and records how they ended.

mod event_loop;
mod model_discovery;
mod model_workers;
mod pending_results;
mod store_exchange;

pub use event_loop::Dispatcher;
