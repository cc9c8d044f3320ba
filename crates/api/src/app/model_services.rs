//! Model services that announce themselves: how they are reached, and what was said of those that
//! are refused.

mod resolver;
mod told_refusals;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use self::resolver::ServiceResolver;
use self::told_refusals::ToldRefusals;

pub(crate) use self::resolver::is_off_limits_error;

/// How long a service that announces itself may take to answer `GET /status`.
const STATUS_TIMEOUT: Duration = Duration::from_secs(3);

/// What handling announcements needs.
#[derive(Debug)]
pub(crate) struct ModelServices {
    /// Asks services for their status. Follows no redirects and calls no address that is off
    /// limits.
    pub(crate) client: reqwest::Client,
    pub(crate) told_refusals: ToldRefusals,
}

impl ModelServices {
    pub(super) fn new() -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(photo_tls::client_config())
            .timeout(STATUS_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(ServiceResolver))
            .build()
            .context("the HTTP client cannot be made")?;
        Ok(Self { client, told_refusals: ToldRefusals::default() })
    }
}
