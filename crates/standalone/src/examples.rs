//! The example models, each a real model service on a port of its own.

use std::net::TcpListener;

use anyhow::Context;
use example_model::{Measurement, Options};
use photo_config::{Config, ModelConfig, ServiceUrl};
use photo_core::ModelName;
use tokio_util::sync::CancellationToken;

/// Starts every example model on a free port of this machine alone and configures it. One whose
/// name is configured already is left to whoever configured it.
pub(crate) fn start(config: &mut Config, stop: &CancellationToken) -> anyhow::Result<()> {
    for measurement in Measurement::ALL.into_iter().filter(|it| *it != Measurement::Noop) {
        let name: ModelName = measurement.name().parse().context("an example model's name")?;
        if config.models.contains_key(&name) {
            continue;
        }
        let listener = TcpListener::bind("127.0.0.1:0").context("no port for an example model")?;
        let port = listener.local_addr()?.port();
        let options = Options { measurement, ..Options::default() };
        tokio::spawn(example_model::serve(listener, options, stop.clone())?);
        let url = ServiceUrl::from_port("127.0.0.1", port)?;
        config.models.insert(name, ModelConfig { url: Some(url), ..ModelConfig::default() });
    }
    Ok(())
}
