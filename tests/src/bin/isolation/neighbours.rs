//! A fast model's throughput, alone and beside one that is in trouble.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use crate::figures::{float, median, quantile};
use crate::service::{Behaviour, Service};
use crate::system::{System, until};

/// The limit of each of the two models.
const CONCURRENCY: u32 = 32;
/// How many dispatchers share the work.
const DISPATCHERS: usize = 2;

/// What must be left of the throughput beside another.
const LEFT: f64 = 0.95;

/// Who the neighbour is.
#[derive(Debug, Clone, Copy)]
enum Neighbour {
    Slow,
    Hanging,
    Down,
}

/// What one round gave.
struct Round {
    seconds: f64,
    per_second: f64,
    per_processor_second: f64,
}

/// Measures with each kind of neighbour, a round alone and one beside it in turn. Answers whether
/// enough was left beside each.
pub async fn measure(rounds: usize, jobs: usize) -> anyhow::Result<bool> {
    let (mut enough, mut seconds) = (true, Vec::new());
    println!("one fast model alone, and beside one with {jobs} jobs in line; {rounds} rounds each");
    println!(
        "neighbour | jobs/s alone | beside | ratio (least, most) | jobs per processor second alone | \
         beside | ratio (least, most)"
    );
    for neighbour in [Neighbour::Slow, Neighbour::Hanging, Neighbour::Down] {
        let mut pairs = Vec::new();
        for _ in 0..rounds {
            pairs.push([round(None, jobs).await?, round(Some(neighbour), jobs).await?]);
        }
        let speed = Comparison::new(&pairs, |round| round.per_second);
        let thrift = Comparison::new(&pairs, |round| round.per_processor_second);
        println!("{neighbour:?} | {speed} | {thrift}");
        enough &= speed.ratio() >= LEFT;
        seconds.extend(pairs.iter().flatten().map(|round| round.seconds));
    }
    println!("the shortest round took {:.1} s", quantile(&seconds, 0.0));
    Ok(enough)
}

/// What rounds gave alone and beside a neighbour. A machine changes its speed within minutes, so a
/// round is compared with the one right before it.
struct Comparison {
    alone: f64,
    beside: f64,
    ratios: Vec<f64>,
}

impl Comparison {
    fn new(pairs: &[[Round; 2]], of: fn(&Round) -> f64) -> Self {
        let [alone, beside] =
            [0, 1].map(|which| pairs.iter().map(|pair| of(&pair[which])).collect::<Vec<_>>());
        let ratios = alone.iter().zip(&beside).map(|(alone, beside)| beside / alone).collect();
        Self { alone: median(&alone), beside: median(&beside), ratios }
    }

    /// What is left beside the neighbour.
    fn ratio(&self) -> f64 {
        median(&self.ratios)
    }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let [least, middle, most] =
            [0.0, 0.5, 1.0].map(|share| 100.0 * quantile(&self.ratios, share));
        let Self { alone, beside, .. } = self;
        write!(f, "{alone:.0} | {beside:.0} | {middle:.1} % ({least:.0}, {most:.0})")
    }
}

async fn round(neighbour: Option<Neighbour>, jobs: usize) -> anyhow::Result<Round> {
    let fast = Service::open(Behaviour::Answer(Duration::ZERO), 1).await?;
    let other = match neighbour {
        Some(Neighbour::Slow) => Behaviour::Answer(Duration::from_mins(1)),
        _ => Behaviour::Hang,
    };
    let other = Service::open(other, 1).await?;
    let url = match neighbour {
        // Nobody listens there.
        Some(Neighbour::Down) => "http://127.0.0.1:1".to_owned(),
        _ => other.url(),
    };
    let settings = format!(
        "[model_defaults]\nprotocol = \"multipart\"\ntimeout = \"2m\"\nconcurrency = {CONCURRENCY}\n\
         [models]\nfast = \"{}\"\nother = \"{url}\"",
        fast.url()
    );
    let mut system = System::start(&["fast", "other"])?;
    let models: &[&str] = if neighbour.is_some() { &["fast", "other"] } else { &["fast"] };
    system.submit(jobs, models).await?;
    for _ in 0..DISPATCHERS {
        system.dispatch(&settings)?;
    }
    until("all jobs of the fast model are done", || fast.answers() >= jobs).await?;
    let processor_time = system.processor_time()?;
    let answers = fast.notes().answers;
    let seconds = (answers[jobs - 1] - answers[0]).as_secs_f64();
    Ok(Round {
        seconds,
        per_second: float(jobs - 1) / seconds,
        per_processor_second: float(jobs) / processor_time,
    })
}
