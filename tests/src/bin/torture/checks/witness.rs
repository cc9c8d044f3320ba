//! Whether Redis keeps what it acknowledges.
//!
//! With `appendfsync everysec` it may put off writing to its append-only file while the disk is
//! behind with a sync, for up to two seconds, and answers meanwhile. Killed then, it has forgotten
//! what it had acknowledged, and what was done in that time is done again: not a fault of ours, but
//! only if it did forget. So somebody counts in Redis all the time, in a database of his own, and
//! looks after every start whether the count is still what he was told.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use deadpool_redis::redis::{Client, Commands, Connection, RedisResult};
use photo_core::{Clock, UnixMillis};

/// The number of the database, which no program of ours uses.
const DATABASE: u32 = 1;
/// What is counted up.
const KEY: &str = "count";
/// The pause between two steps of the count.
const PAUSE: Duration = Duration::from_millis(1);
/// How many steps are remembered: more than are made in the time in which writes are put off.
const REMEMBERED: usize = 10_000;

/// A time of which Redis forgot everything, by this machine's clock, as Redis tells it too.
#[derive(Debug, Clone, Copy)]
pub struct Gap {
    /// When it was asked for the last step that it kept: what it did before that it kept too.
    pub from: UnixMillis,
    /// When it was up again.
    pub to: UnixMillis,
    /// How many steps of the count it forgot.
    pub steps: u64,
}

impl Gap {
    /// Whether this was then.
    pub fn contains(&self, at: UnixMillis) -> bool {
        (self.from..=self.to).contains(&at)
    }

    /// How long it was.
    pub fn length(&self) -> Duration {
        Duration::from_millis(self.to.0.saturating_sub(self.from.0))
    }
}

/// Counts until it is asked for what it saw.
pub struct Witness {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Gap>>,
}

impl Witness {
    /// Begins to count in the Redis at this address.
    pub fn start(redis_url: &str) -> RedisResult<Self> {
        let client = Client::open(format!("{redis_url}/{DATABASE}"))?;
        let over = Arc::new(AtomicBool::new(false));
        let thread = {
            let over = Arc::clone(&over);
            thread::spawn(move || Count::default().run(&client, &over))
        };
        Ok(Self { over, thread })
    }

    /// Ends the count; answers what Redis forgot of it. Blocks.
    pub fn end(self) -> Vec<Gap> {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().expect("the witness does not panic")
    }
}

/// How far the count is, and what was lost of it.
#[derive(Debug, Default)]
struct Count {
    /// The latest steps that Redis acknowledged, and when it was asked for them.
    steps: VecDeque<(u64, UnixMillis)>,
    clock: Clock,
    gaps: Vec<Gap>,
}

impl Count {
    fn run(mut self, client: &Client, over: &AtomicBool) -> Vec<Gap> {
        while !over.load(Ordering::Relaxed) {
            // Fails when Redis is away, or goes.
            let _ = client.get_connection().and_then(|redis| self.count(redis, over));
            thread::sleep(PAUSE);
        }
        self.gaps
    }

    fn count(&mut self, mut redis: Connection, over: &AtomicBool) -> RedisResult<()> {
        let found: Option<u64> = redis.get(KEY)?;
        self.look(found.unwrap_or(0), self.clock.now());
        while !over.load(Ordering::Relaxed) {
            let asked_at = self.clock.now();
            let step = redis.incr(KEY, 1)?;
            if self.steps.len() == REMEMBERED {
                self.steps.pop_front();
            }
            self.steps.push_back((step, asked_at));
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Compares what Redis has with what it acknowledged. It may have one step more, whose answer
    /// was lost.
    fn look(&mut self, found: u64, now: UnixMillis) {
        let kept = self.steps.iter().take_while(|(step, _)| *step <= found).count();
        let forgotten = self.steps.split_off(kept);
        if let Some((_, first)) = forgotten.front() {
            let from = self.steps.back().map_or(*first, |(_, asked_at)| *asked_at);
            self.gaps.push(Gap { from, to: now, steps: forgotten.len() as u64 });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use photo_tests::redis_server::RedisServer;

    use super::*;

    #[test]
    fn only_what_was_acknowledged_and_is_gone_is_forgotten() {
        let mut count = Count::default();
        count.look(0, UnixMillis(0));
        count.steps.extend((1..=5).map(|step| (step, UnixMillis(step * 10))));
        count.look(6, UnixMillis(60));
        assert_eq!(count.gaps.len(), 0);
        count.look(3, UnixMillis(70));
        let gap = count.gaps[0];
        assert_eq!((gap.steps, gap.from, gap.to), (2, UnixMillis(30), UnixMillis(70)));
        count.look(3, UnixMillis(80));
        assert_eq!(count.gaps.len(), 1, "once");
    }

    #[test]
    fn a_redis_without_a_file_forgets_everything() {
        let mut redis = RedisServer::start();
        let witness = Witness::start(&redis.url()).unwrap();
        let client = Client::open(format!("{}/{DATABASE}", redis.url())).unwrap();
        let counted = |least: u64| {
            let deadline = Instant::now() + Duration::from_secs(30);
            let count = || client.get_connection().and_then(|mut redis| redis.get(KEY));
            while count().ok().flatten().is_none_or(|count: u64| count < least) {
                assert!(Instant::now() < deadline);
            }
        };
        counted(50);
        redis.kill();
        redis.restart();
        counted(1);
        let gaps = witness.end();
        assert!(gaps.len() == 1 && gaps[0].steps >= 49, "{gaps:?}");
    }
}
