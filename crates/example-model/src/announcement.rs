//! Telling the server where a model service is.

use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::Client;
use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use url::Url;

/// How long the server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What a service tells the server about itself. Not `Debug`, since it holds a secret.
#[derive(Clone)]
pub struct Announcement {
    /// Where the server is.
    pub server: Url,
    /// The model's name.
    pub name: String,
    /// Where the server reaches the service.
    pub socket: Url,
    /// What the server wants to see before it believes.
    pub api_key: Option<String>,
    /// How much time lies between two announcements.
    pub every: Duration,
}

#[derive(Serialize)]
struct Body<'a> {
    name: &'a str,
    socket: &'a str,
}

#[derive(Deserialize)]
struct Reply {
    status: String,
    detail: Option<String>,
}

/// Announces a service again and again until `stop` is cancelled, since silence means that it is
/// gone. What goes wrong is logged, once until it changes.
pub async fn announce(announcement: Announcement, stop: CancellationToken) {
    // The server is reached by http alone, and no certificates are looked for.
    let client = Client::builder().tls_certs_only([]).build();
    let client = match client {
        Ok(client) => client,
        Err(error) => return warn!(%error, "there can be no announcements"),
    };
    let mut ticks = interval(announcement.every.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = None;
    let forever = async {
        loop {
            ticks.tick().await;
            let outcome = post(&client, &announcement).await.map_err(|e| format!("{e:#}"));
            if last.as_ref() != Some(&outcome) {
                let (model, server) = (&announcement.name, &announcement.server);
                match &outcome {
                    Ok(()) => info!(model, %server, "announced"),
                    Err(error) => warn!(model, %server, error, "cannot announce; trying again"),
                }
                last = Some(outcome);
            }
        }
    };
    stop.run_until_cancelled(forever).await;
}

async fn post(client: &Client, announcement: &Announcement) -> anyhow::Result<()> {
    let server = announcement.server.as_str().trim_end_matches('/');
    // A path of the server's own is kept, and a socket is told without a slash at its end.
    let socket = announcement.socket.as_str().trim_end_matches('/');
    let mut request = client
        .post(format!("{server}/model/register"))
        .timeout(TIMEOUT)
        .json(&Body { name: &announcement.name, socket });
    if let Some(key) = &announcement.api_key {
        request = request.header("api_key", key);
    }
    let response = request.send().await.context("the server cannot be reached")?;
    let code = response.status();
    let reply: Reply =
        response.json().await.with_context(|| format!("the server answered {code} and no JSON"))?;
    let detail = reply.detail.unwrap_or_default();
    ensure!(code.is_success() && reply.status == "success", "the server answered {code}: {detail}");
    Ok(())
}
