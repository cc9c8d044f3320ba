//! A fast model's throughput, alone and beside one that is in trouble.

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;

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

/// One system at work, and what it is given to do.
struct Side {
    system: System,
    settings: String,
    fast: Arc<Service>,
    /// The processor time that putting the jobs in line took, in seconds.
    submitting: f64,
}

/// What one system did while the other was at work too.
struct Round {
    per_second: f64,
    per_processor_second: f64,
}

/// Measures with each kind of neighbour: a system without and one with it, both at the same time,
/// as a machine may change its speed from one second to the next; an even number of rounds is best.
/// Answers whether enough was left beside each.
pub async fn measure(rounds: usize, jobs: usize) -> anyhow::Result<bool> {
    let (mut enough, mut seconds) = (true, Vec::new());
    println!("one fast model alone, and beside one with {jobs} jobs in line; {rounds} rounds each");
    println!(
        "neighbour | jobs/s alone | beside | ratio (least, most) | jobs per processor second alone | \
         beside | ratio (least, most)"
    );
    for neighbour in [Neighbour::Slow, Neighbour::Hanging, Neighbour::Down] {
        let mut pairs = Vec::new();
        for number in 0..rounds {
            let (pair, took) = round(neighbour, jobs, number % 2 == 1).await?;
            pairs.push(pair);
            seconds.push(took);
        }
        let speed = Comparison::new(&pairs, |round| round.per_second);
        let thrift = Comparison::new(&pairs, |round| round.per_processor_second);
        println!("{neighbour:?} | {speed} | {thrift}");
        enough &= speed.ratio() >= LEFT && thrift.ratio() >= LEFT;
    }
    println!("the shortest round took {:.1} s", quantile(&seconds, 0.0));
    Ok(enough)
}

/// What rounds gave alone and beside a neighbour.
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

    /// What is left beside the neighbour: the geometric mean, in which the advantage of each second
    /// round is undone by the next.
    fn ratio(&self) -> f64 {
        let logarithms: f64 = self.ratios.iter().map(|ratio| ratio.ln()).sum();
        (logarithms / float(self.ratios.len())).exp()
    }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let [least, most] = [0.0, 1.0].map(|share| 100.0 * quantile(&self.ratios, share));
        let (Self { alone, beside, .. }, ratio) = (self, 100.0 * self.ratio());
        write!(f, "{alone:.0} | {beside:.0} | {ratio:.1} % ({least:.0}, {most:.0})")
    }
}

/// Both systems in one round, and for how many seconds both were at work. They share the cores:
/// what a neighbour wastes is taken from both, so it is the jobs per processor second that tell.
/// Whose photos were stored last has an advantage, which is that of each in turn.
async fn round(
    neighbour: Neighbour,
    jobs: usize,
    alone_last: bool,
) -> anyhow::Result<([Round; 2], f64)> {
    let neighbours = if alone_last { [Some(neighbour), None] } else { [None, Some(neighbour)] };
    let [first, last] = neighbours;
    let mut sides = [Side::new(first, jobs).await?, Side::new(last, jobs).await?];
    for side in &mut sides {
        for _ in 0..DISPATCHERS {
            side.system.dispatch(&side.settings)?;
        }
    }
    until("all jobs of a fast model are done", || {
        sides.iter().any(|side| side.fast.answers() >= jobs)
    })
    .await?;
    if alone_last {
        sides.reverse();
    }
    let done = [sides[0].done()?, sides[1].done()?];
    let began = done.iter().filter_map(|(answers, _)| answers.first()).max();
    let ended = done.iter().filter_map(|(answers, _)| answers.last()).min();
    let (Some(&began), Some(&ended)) = (began, ended) else { bail!("a fast model had no call") };
    let seconds = (ended - began).as_secs_f64();
    let pair = done.map(|(answers, per_processor_second)| {
        let both = answers.iter().filter(|at| (began..=ended).contains(*at)).count();
        Round { per_second: float(both) / seconds, per_processor_second }
    });
    Ok((pair, seconds))
}

impl Side {
    /// A system with so many jobs in line for a fast model, and as many for its neighbour.
    async fn new(neighbour: Option<Neighbour>, jobs: usize) -> anyhow::Result<Self> {
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
            "[model_defaults]\nprotocol = \"multipart\"\ntimeout = \"2m\"\n\
             concurrency = {CONCURRENCY}\n[models]\nfast = \"{}\"\nother = \"{url}\"",
            fast.url()
        );
        let system = System::start(&["fast", "other"])?;
        let models: &[&str] = if neighbour.is_some() { &["fast", "other"] } else { &["fast"] };
        system.submit(jobs, models).await?;
        let submitting = system.processor_time()?;
        Ok(Self { system, settings, fast, submitting })
    }

    /// When each prediction of the fast model was given, and how many there were per second of
    /// processor time.
    fn done(&self) -> anyhow::Result<(Vec<Instant>, f64)> {
        let answers = self.fast.notes().answers;
        let thrift = float(answers.len()) / (self.system.processor_time()? - self.submitting);
        Ok((answers, thrift))
    }
}
