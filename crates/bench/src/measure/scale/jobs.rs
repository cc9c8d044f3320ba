//! Whether a long queue is worked off as fast in the beginning as in the end.

use std::time::Duration;

use photo_tests::redis_server::RedisServer;

use crate::harness::bench::Bench;
use crate::jobs::backlog::model;
use crate::jobs::queue::{BATCH, Ours, TASKS, drain, imaginary_images};
use crate::report::comparison::{Comparison, Target};
use crate::report::result_row::ResultRow;
use crate::service::MODEL;
use crate::stats::{Series, float};
use crate::system;

const WHAT: &str = "scale, 1,000,000 jobs drain at a constant rate";

/// More rounds than this take too long.
const MOST_ROUNDS: usize = 3;

/// Fills and drains the queue, round by round.
pub async fn run(bench: &Bench) -> anyhow::Result<ResultRow> {
    let (jobs, rounds) = (bench.plan.many_queued, bench.plan.rounds.min(MOST_ROUNDS));
    let images = imaginary_images(jobs);
    let (mut first, mut last, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        eprintln!("{WHAT}: round {} of {rounds}", round + 1);
        bench.machine.look()?;
        let redis = RedisServer::start();
        let queue = Ours::new(system::connect(&redis).await?, model(MODEL)?)?;
        queue.fill(&images).await?;
        let tenths = drain(&queue, jobs).await?;
        let rate = |time: Duration, part| float(jobs) / part / time.as_secs_f64();
        first.push(rate(tenths[0], 10.0));
        last.push(rate(tenths[9].saturating_sub(tenths[8]), 10.0));
        all.push(rate(tenths[9], 1.0));
    }
    let how = format!(
        "{jobs} jobs without photos are claimed and finished by {TASKS} tasks, {BATCH} in a trip, as the \
         dispatcher does it: so many photos do not fit on every disk"
    );
    let mut row = ResultRow::new(WHAT, "scale", how);
    let rate = |name: &str, rates| Series::new(name, "jobs/s", rates);
    let (last, first) = (rate("the last tenth", last), rate("the first tenth", first));
    row.comparisons.push(Comparison::ratio(last, first, Some(Target::AtLeast(0.9))));
    row.beside.push(rate("all of them", all));
    Ok(row)
}
