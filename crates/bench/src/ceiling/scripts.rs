//! Claiming and finishing jobs by scripts and nothing else: our own, and the least that a queue of
//! this kind needs.

use anyhow::ensure;
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{Client, Script, pipe};
use photo_core::ImageKey;
use photo_core::job::PriorityWeights;
use photo_store::redis::FINISH_SCRIPT;
use photo_tests::redis_server::RedisServer;

use crate::jobs::queue::{ANSWER, BATCH, LEASE, Queue};
use crate::service::MODEL;

/// What all keys of ours begin with.
const PREFIX: &str = "{photo}";

/// How long outcomes are kept, in milliseconds.
const RETENTION_MS: u64 = 30 * 24 * 3_600_000;

/// A claimed job in the answer of our script, in bytes: image, model, fence, and three numbers.
const CLAIMED: usize = 33;
/// As much of it as an ending begins with: image, model, fence.
const LEASE_LEN: usize = 28;
/// What an ending has besides: that it succeeded, and no time to wait.
const SUCCEEDED: &[u8] = b"S\0\0\0\0\0\0";
/// A claimed job in the answer of the least script, in bytes: image and fence.
const LEAST_CLAIMED: usize = 24;

/// A connection to the server.
pub async fn connect(redis: &RedisServer) -> anyhow::Result<MultiplexedConnection> {
    Ok(Client::open(redis.url())?.get_multiplexed_async_connection().await?)
}

/// Our script, called without the code around it: what it is sent was packed before, as far as it
/// can be, and of what it answers only what is needed for the next call is looked at.
pub struct Bare {
    script: Script,
    connection: MultiplexedConnection,
    weights: Vec<u8>,
    wants: Vec<u8>,
    outcome: String,
}

impl Bare {
    /// On this server.
    pub async fn connect(redis: &RedisServer) -> anyhow::Result<Self> {
        let wants = [0, BATCH, u32::MAX].map(u32::to_be_bytes).concat();
        let weights = PriorityWeights::default().as_array().map(u16::to_be_bytes).concat();
        let (script, connection) = (Script::new(FINISH_SCRIPT), connect(redis).await?);
        Ok(Self { script, connection, weights, wants, outcome: format!("S{ANSWER}") })
    }
}

impl Queue for Bare {
    /// Endings, packed as the script wants them.
    type Held = Vec<u8>;

    async fn cycle(&self, held: Vec<u8>) -> anyhow::Result<(Vec<u8>, usize)> {
        let endings = held.len() / (LEASE_LEN + SUCCEEDED.len());
        let mut call = self.script.key(PREFIX);
        call.arg(0).arg(RETENTION_MS).arg(5).arg("E{}").arg("bench");
        call.arg(u64::try_from(LEASE.as_millis())?).arg(&self.weights);
        call.arg(&self.wants).arg(held).arg(1).arg(MODEL);
        for _ in 0..endings {
            call.arg(&self.outcome);
        }
        let mut connection = self.connection.clone();
        let (acks, jobs, _due): (Vec<u8>, Vec<u8>, i64) =
            call.invoke_async(&mut connection).await?;
        ensure!(acks.len() == endings && acks.iter().all(|ack| *ack == b'R'), "not recorded");
        let mut held = Vec::with_capacity(jobs.len());
        for job in jobs.chunks_exact(CLAIMED) {
            held.extend(&job[..LEASE_LEN]);
            held.extend(SUCCEEDED);
        }
        Ok((held, jobs.len() / CLAIMED))
    }
}

/// The least script that claims and finishes with a state, a lease, a fence and a result that goes
/// in the end.
pub struct Least {
    script: Script,
    connection: MultiplexedConnection,
}

impl Least {
    /// On this server.
    pub async fn connect(redis: &RedisServer) -> anyhow::Result<Self> {
        let script = Script::new(include_str!("least.lua"));
        Ok(Self { script, connection: connect(redis).await? })
    }

    /// Puts jobs in line.
    pub async fn fill(&self, images: &[ImageKey]) -> anyhow::Result<()> {
        for images in images.chunks(500) {
            let mut pipe = pipe();
            for image in images {
                let state = [b"l:i:", image.as_bytes().as_slice()].concat();
                pipe.hset(state, MODEL, "Q").ignore().rpush("l:q", image.as_bytes()).ignore();
            }
            pipe.exec_async(&mut self.connection.clone()).await?;
        }
        Ok(())
    }
}

impl Queue for Least {
    /// What was claimed, as the script answered it.
    type Held = Vec<u8>;

    async fn cycle(&self, held: Vec<u8>) -> anyhow::Result<(Vec<u8>, usize)> {
        let mut call = self.script.key("l:");
        let lease = u64::try_from(LEASE.as_millis())?;
        let endings = held.len() / LEAST_CLAIMED;
        call.arg(MODEL).arg(lease).arg(RETENTION_MS).arg(BATCH).arg(held).arg(ANSWER);
        let mut connection = self.connection.clone();
        let (finished, jobs): (usize, Vec<u8>) = call.invoke_async(&mut connection).await?;
        ensure!(finished == endings, "not recorded");
        let claimed = jobs.len() / LEAST_CLAIMED;
        Ok((jobs, claimed))
    }
}
