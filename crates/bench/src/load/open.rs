//! Requests that are asked when their time has come, whether the others were answered or not: for
//! times.
//!
//! A time counts from when the question was to be asked. A server that stops for a second so
//! makes all questions of that second late, and not only the one that was waiting.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;

/// Asks `rate` questions a second for so long; answers how long each took, from the moment at which
/// it was to be asked. Fails if one of them does.
pub async fn open<F>(
    rate: u32,
    time: Duration,
    ask: impl Fn() -> F,
) -> anyhow::Result<Vec<Duration>>
where
    F: Future<Output = anyhow::Result<()>>,
{
    let mut due = schedule(rate, time);
    let (mut running, mut took) = (FuturesUnordered::new(), Vec::new());
    let mut more = true;
    while more || !running.is_empty() {
        tokio::select! {
            at = due.recv(), if more => match at {
                Some(at) => {
                    let asked = ask();
                    running.push(async move { asked.await.map(|()| at.elapsed()) });
                }
                None => more = false,
            },
            Some(ended) = running.next() => took.push(ended?),
        }
    }
    Ok(took)
}

/// The moments at which questions are to be asked, each told when it has come. A thread of its own
/// does that: the runtime's timers go by whole milliseconds.
fn schedule(rate: u32, time: Duration) -> mpsc::UnboundedReceiver<Instant> {
    let (sender, receiver) = mpsc::unbounded_channel();
    let pause = Duration::from_secs(1) / rate.max(1);
    std::thread::spawn(move || {
        let start = Instant::now();
        let mut at = start;
        while at - start < time {
            std::thread::sleep(at.saturating_duration_since(Instant::now()));
            if sender.send(at).is_err() {
                return;
            }
            at += pause;
        }
    });
    receiver
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn whoever_waits_behind_a_slow_answer_is_late() {
        let first = Cell::new(true);
        let ask = || {
            if first.replace(false) {
                // The whole program stands still.
                std::thread::sleep(Duration::from_millis(50));
            }
            async { Ok(()) }
        };
        let took = open(100, Duration::from_millis(100), ask).await.unwrap();
        assert_eq!(took.len(), 10);
        // They were to begin 10 ms apart: all of the first half waited.
        let late = took.iter().filter(|took| **took >= Duration::from_millis(9)).count();
        assert!(late >= 5, "{took:?}");
    }

    #[tokio::test]
    async fn one_that_fails_fails_all() {
        let ask = || async { anyhow::bail!("no") };
        assert!(open(1_000, Duration::from_millis(10), ask).await.is_err());
    }
}
