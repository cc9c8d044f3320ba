//! Does harm, one thing after the other, to whatever is up.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::model::Model;
use crate::system::world::{APIS, DISPATCHERS, LEASE, WIRES, World};

/// Something done to the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// SIGKILL.
    KillDispatcher,
    /// SIGTERM.
    StopDispatcher,
    /// SIGSTOP for longer than a lease.
    FreezeDispatcher,
    /// SIGKILL.
    KillApi,
    /// SIGTERM.
    StopApi,
    /// SIGSTOP for longer than a lease.
    FreezeApi,
    /// SIGKILL, and a start from the append-only file.
    KillRedis,
    /// SIGSTOP for a second or two.
    FreezeRedis,
    /// One program's bytes from and to Redis come late and in small pieces.
    SlowRedis,
    /// They do not come for a time that may be longer than a lease, and then they do.
    SilenceRedis,
    /// One program's connections to Redis break in the middle of questions and answers.
    CutRedis,
    /// A model's service is gone, with all its connections.
    SendModelAway,
}

/// Dealt out in random order again and again, so that each has its share in a short torture too.
const DECK: [Act; 25] = [
    Act::KillDispatcher,
    Act::KillDispatcher,
    Act::KillDispatcher,
    Act::KillDispatcher,
    Act::StopDispatcher,
    Act::StopDispatcher,
    Act::FreezeDispatcher,
    Act::FreezeDispatcher,
    Act::KillApi,
    Act::KillApi,
    Act::KillApi,
    Act::StopApi,
    Act::FreezeApi,
    Act::KillRedis,
    Act::KillRedis,
    Act::FreezeRedis,
    Act::FreezeRedis,
    Act::SlowRedis,
    Act::SlowRedis,
    Act::SilenceRedis,
    Act::CutRedis,
    Act::CutRedis,
    Act::SendModelAway,
    Act::SendModelAway,
    Act::SendModelAway,
];

/// What can be harmed in one way only at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    Dispatcher,
    Api,
    Redis,
    Wire,
    Model,
}

impl Act {
    /// What it harms, and how many there are of it.
    fn harms(self) -> (Part, usize) {
        match self {
            Self::KillDispatcher | Self::StopDispatcher | Self::FreezeDispatcher => {
                (Part::Dispatcher, DISPATCHERS)
            }
            Self::KillApi | Self::StopApi | Self::FreezeApi => (Part::Api, APIS),
            Self::KillRedis | Self::FreezeRedis => (Part::Redis, 1),
            Self::SlowRedis | Self::SilenceRedis | Self::CutRedis => (Part::Wire, WIRES),
            Self::SendModelAway => (Part::Model, Model::ALL.len()),
        }
    }
}

/// Does `acts` things and answers how often each. Tells after each how many were done. Everything
/// is up again when it ends.
pub async fn run(
    world: Arc<World>,
    acts: u64,
    seed: u64,
    done: watch::Sender<u64>,
) -> anyhow::Result<BTreeMap<Act, u64>> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut deck = Vec::new();
    let mut counts = BTreeMap::new();
    let mut under_way: HashMap<(Part, usize), JoinHandle<anyhow::Result<()>>> = HashMap::new();
    for number in 0..acts {
        if deck.is_empty() {
            deck.extend(DECK);
            deck.shuffle(&mut rng);
        }
        let Some(act) = deck.pop() else { break };
        let (part, count) = act.harms();
        let victim = (part, rng.random_range(0..count));
        // One thing at a time to each; several at a time to the whole.
        if let Some(before) = under_way.remove(&victim) {
            before.await??;
        }
        let time = duration(act, &mut rng);
        let pause = Duration::from_millis(rng.random_range(50..450));
        under_way.insert(victim, tokio::spawn(perform(Arc::clone(&world), act, victim.1, time)));
        *counts.entry(act).or_default() += 1;
        tokio::time::sleep(pause).await;
        done.send_replace(number + 1);
    }
    for last in under_way.into_values() {
        last.await??;
    }
    Ok(counts)
}

/// How long it is frozen, or gone.
fn duration(act: Act, rng: &mut StdRng) -> Duration {
    let lease = u64::try_from(LEASE.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(match act {
        Act::FreezeDispatcher | Act::FreezeApi => rng.random_range(lease + 500..lease + 2000),
        Act::FreezeRedis => rng.random_range(1000..2000),
        Act::SlowRedis => rng.random_range(1000..3000),
        Act::SilenceRedis => rng.random_range(1000..lease + 2000),
        Act::CutRedis => 0,
        Act::SendModelAway => rng.random_range(0..3000),
        Act::KillRedis => rng.random_range(0..500),
        Act::KillDispatcher | Act::StopDispatcher | Act::KillApi | Act::StopApi => {
            rng.random_range(0..1500)
        }
    })
}

async fn perform(world: Arc<World>, act: Act, number: usize, time: Duration) -> anyhow::Result<()> {
    match act {
        Act::SendModelAway => world.services[number].go_away(time).await,
        Act::SlowRedis => world.wires[number].slow_down(time).await,
        Act::SilenceRedis => world.wires[number].fall_silent(time).await,
        Act::CutRedis => world.wires[number].cut().await,
        _ => return perform_blocking(world, act, number, time).await,
    }
    Ok(())
}

/// What is done to processes.
async fn perform_blocking(
    world: Arc<World>,
    act: Act,
    number: usize,
    time: Duration,
) -> anyhow::Result<()> {
    let done = tokio::task::spawn_blocking(move || {
        match act {
            Act::KillDispatcher => world.kill_dispatcher(number, time)?,
            Act::StopDispatcher => world.dispatchers[number].stop(time)?,
            Act::FreezeDispatcher => world.freeze_dispatcher(number, time),
            Act::KillApi => world.apis[number].kill(time)?,
            Act::StopApi => world.apis[number].stop(time)?,
            Act::FreezeApi => world.apis[number].freeze(time),
            Act::KillRedis => world.kill_redis(time),
            Act::FreezeRedis => world.freeze_redis(time),
            // Done above.
            Act::SendModelAway | Act::SlowRedis | Act::SilenceRedis | Act::CutRedis => {}
        }
        anyhow::Ok(())
    });
    done.await?.with_context(|| format!("{act:?} {number}"))
}
