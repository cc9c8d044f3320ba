//! What a system costs that has nothing to do.

use std::time::Duration;

use async_trait::async_trait;

use crate::harness::bench::Bench;
use crate::harness::contender::{Contender, Sample, alternate};
use crate::info::Info;
use crate::process::cores::Place;
use crate::process::usage::{Process, Watch};
use crate::report::comparison::{Comparison, Target};
use crate::report::result_row::ResultRow;
use crate::service::Generation;
use crate::stats::Series;
use crate::subprocess;
use crate::system::System;

const WHAT: &str = "idle cost, one dispatcher, 20 models";

/// How many models there are.
const MODELS: usize = 20;

/// One dispatcher without any job.
pub async fn run(bench: &Bench) -> anyhow::Result<Vec<ResultRow>> {
    bench.cores.move_to(Place::Anywhere)?;
    let (_service, address) = subprocess::start_service(Generation::Multipart, Duration::ZERO)?;
    let mut system = System::start(bench)?;
    for number in 0..MODELS {
        system.add_model(&format!("noop_{number}"), &format!("url = \"http://{address}\""));
    }
    let dispatcher = system.dispatcher(Place::Anywhere, &[])?;
    let idle = |count| Idle {
        time: bench.plan.idle,
        processes: [dispatcher.process.clone(), system.redis_process()],
        count,
    };
    let sent = idle(Count::Sent(Info::connect(&system.redis).await?));
    let all = idle(Count::All(Info::connect(&system.redis).await?));
    let mut contenders: Vec<Box<dyn Contender>> = vec![Box::new(sent), Box::new(all)];
    let runs = alternate(bench, WHAT, &mut contenders).await?;
    let [sent, all] = &runs[..] else { unreachable!("one per contender") };
    let how = format!("a dispatcher that knows {MODELS} models is looked at while it has no job");
    let mut row = ResultRow::new(WHAT, "idle", how);
    let cpu = sent.series("% of a core", |sample| {
        100.0 * sample.worked.as_secs_f64() / sample.elapsed.as_secs_f64()
    });
    let cpu = Series { name: "dispatcher".to_owned(), ..cpu };
    row.comparisons.push(Comparison::bound(cpu, Target::AtMost(1.0)));
    row.comparisons.push(Comparison::bound(sent.per_second("1/s"), Target::AtMost(20.0)));
    row.beside.push(all.per_second("1/s"));
    row.note_cpu(&runs);
    Ok(vec![row])
}

/// A system without work, looked at for a while.
struct Idle {
    time: Duration,
    processes: [Process; 2],
    count: Count,
}

/// Which commands of Redis are counted.
enum Count {
    Sent(Info),
    All(Info),
}

#[async_trait(?Send)]
impl Contender for Idle {
    fn name(&self) -> &str {
        match self.count {
            Count::Sent(_) => "commands sent to Redis",
            Count::All(_) => "commands in Redis, those of scripts too",
        }
    }

    async fn measure(&mut self) -> anyhow::Result<Sample> {
        let before = self.count.read().await?;
        let watch = Watch::begin(&self.processes)?;
        tokio::time::sleep(self.time).await;
        let (elapsed, cpu) = watch.end()?;
        // Without this question.
        let commands = self.count.read().await? - before - 1.0;
        Ok(Sample::new(commands, elapsed, cpu, &["dispatcher"]))
    }
}

impl Count {
    async fn read(&mut self) -> anyhow::Result<f64> {
        match self {
            Self::Sent(info) => Ok(info.commands().await?.sent),
            Self::All(info) => Ok(info.commands().await?.all),
        }
    }
}
