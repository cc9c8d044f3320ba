//! What a Redis server tells about itself.

use std::time::Duration;

use anyhow::Context;
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::cmd;
use photo_tests::redis_server::RedisServer;

use crate::ceiling::scripts::connect;
use crate::stats::float;

/// The pause between two looks at how much memory is used.
const PAUSE: Duration = Duration::from_millis(250);

/// How often that is looked at.
const LOOKS: usize = 40;

/// The commands that programs send; all others are sent by the scripts.
const SENT: [&str; 9] =
    ["client", "eval", "evalsha", "hello", "info", "ping", "role", "script", "subscribe"];

/// A connection over which a server is asked about itself.
pub struct Info {
    connection: MultiplexedConnection,
}

/// How many commands a server ran up to a moment.
#[derive(Debug, Clone, Copy)]
pub struct Commands {
    /// Those that programs sent.
    pub sent: f64,
    /// Those that scripts ran, too.
    pub all: f64,
}

impl Info {
    /// Of this server.
    pub async fn connect(redis: &RedisServer) -> anyhow::Result<Self> {
        Ok(Self { connection: connect(redis).await? })
    }

    /// How much memory is used, in bytes, once the server is done with rearranging it.
    pub async fn settled_memory(&mut self) -> anyhow::Result<f64> {
        let mut before = f64::NAN;
        for _ in 0..LOOKS {
            let text = self.section("memory").await?;
            let now: f64 = field(&text, "used_memory:")?.parse()?;
            if (now - before).abs() <= now * 1e-4 {
                return Ok(now);
            }
            before = now;
            tokio::time::sleep(PAUSE).await;
        }
        anyhow::bail!("the memory of Redis goes on changing")
    }

    /// How many commands it ran so far.
    pub async fn commands(&mut self) -> anyhow::Result<Commands> {
        let text = self.section("commandstats").await?;
        let mut commands = Commands { sent: 0.0, all: 0.0 };
        for line in text.lines().filter_map(|line| line.strip_prefix("cmdstat_")) {
            let (name, rest) = line.split_once(":calls=").context("INFO commandstats")?;
            let calls = float(rest.split(',').next().unwrap_or_default().parse()?);
            commands.all += calls;
            // Subcommands are told as `script|load`.
            if SENT.contains(&name.split('|').next().unwrap_or_default()) {
                commands.sent += calls;
            }
        }
        Ok(commands)
    }

    async fn section(&mut self, name: &str) -> anyhow::Result<String> {
        Ok(cmd("INFO").arg(name).query_async(&mut self.connection).await?)
    }
}

fn field<'a>(text: &'a str, name: &str) -> anyhow::Result<&'a str> {
    let value = text.lines().find_map(|line| line.strip_prefix(name));
    value.map(str::trim).with_context(|| format!("INFO does not tell {name}"))
}
