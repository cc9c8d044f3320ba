//! What the embedded store acknowledged is in its file, whenever the process is killed.
//!
//! A child process works on a store and says what was acknowledged; it is killed in the middle of
//! that, again and again, and each time the file is compared with what it said. Nothing else that
//! the system keeps is there to fill it again. The test has a `main` of its own, since it is both.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::select_all;
use photo_core::job::PriorityWeights;
use photo_core::job::{
    Ack, ClaimRequest, DispatcherId, Ending, Finish, JobView, NewJob, Priority, SubmitMode, Want,
};
use photo_core::ports::JobStore;
use photo_core::{Clock, ImageKey, JobError, JobErrorKind, JobId, JobState, ModelName};
use photo_store::Settings;
use photo_store::embedded::EmbeddedJobStore;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::value::RawValue;

const NAME: &str = "what_was_acknowledged_outlives_any_number_of_kills";
/// The first argument of the child.
const CHILD: &str = "the-child-that-is-killed";
const KILLS: u64 = 25;
const SEED: u64 = 1;
/// How many tasks of the child work at the same time, so that their operations share commits.
const TASKS: u64 = 6;
/// Each task of each child has numbers of its own.
const NUMBERS: u64 = 1_000_000;

/// What was acknowledged about a job.
#[derive(Default)]
struct Known {
    claims: u32,
    failures: u32,
    has_ended: bool,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [first, file, kill] = args.as_slice()
        && first == CHILD
    {
        return run(child(Path::new(file), kill.parse().unwrap()));
    }
    // As the usual `main` of tests does it.
    let mut filters = args.iter().filter(|arg| !arg.starts_with('-')).peekable();
    if filters.peek().is_none() || filters.any(|filter| NAME.contains(filter.as_str())) {
        run(what_was_acknowledged_outlives_any_number_of_kills());
        println!("test {NAME} ... ok");
    }
}

fn run(work: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(work);
}

async fn what_was_acknowledged_outlives_any_number_of_kills() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jobs.db");
    let mut dice = StdRng::seed_from_u64(SEED);
    let mut known = BTreeMap::new();
    for kill in 0..KILLS {
        let (mut child, mut said) = start(&file, kill);
        // Some die young, others in the middle of a lot of work.
        for _ in 0..dice.random_range(1..400) {
            note(&said.next().expect("the child works until it is killed").unwrap(), &mut known);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        said.map_while(Result::ok).for_each(|line| note(&line, &mut known));
        let store = open(&file);
        for (number, known) in &known {
            check(*number, known, &view(&store, *number).await, kill);
        }
    }
    let ended = known.values().filter(|known| known.has_ended).count();
    assert!(ended > 100 && known.len() > ended, "{ended} of {} ended", known.len());

    // Whatever is left can be done.
    let store = open(&file);
    while work(&store, 100, |_| {}).await > 0 {}
    for number in known.keys() {
        check_ending(*number, &view(&store, *number).await);
    }
    let stats = store.stats(Some(&[model()])).await.unwrap().remove(0);
    assert_eq!(stats.unfinished(), 0, "{stats:?}");
}

fn start(file: &Path, kill: u64) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([CHILD, file.to_str().unwrap(), &kill.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, said)
}

/// What the child said about a job. Its last word may be torn, and says nothing.
fn note(line: &str, known: &mut BTreeMap<u64, Known>) {
    let Some((what, number)) = line.strip_suffix('.').and_then(|line| line.split_once(' ')) else {
        return;
    };
    let known = known.entry(number.parse().unwrap()).or_default();
    match what {
        "submitted" => {}
        "claimed" => known.claims += 1,
        "retried" => known.failures += 1,
        "ended" => known.has_ended = true,
        _ => panic!("{line:?}"),
    }
}

fn check(number: u64, known: &Known, view: &JobView, kill: u64) {
    let context = format!("job {number} after kill {kill}: {view:?}");
    assert!(view.attempts >= known.claims, "{context}");
    assert!(view.failures >= known.failures, "{context}");
    assert_ne!(view.state, JobState::Running, "its dispatcher is dead: {context}");
    if known.has_ended {
        assert!(view.state.is_final(), "{context}");
    }
    if view.state.is_final() {
        check_ending(number, view);
    }
}

/// A job that has ended has ended as jobs of its number do.
fn check_ending(number: u64, view: &JobView) {
    let result = view.result.as_ref().map(|result| result.get());
    match ending(number) {
        Some(Ending::Succeeded(expected)) => {
            assert_eq!(view.state, JobState::Succeeded, "{number}: {view:?}");
            assert_eq!(result, Some(expected.get()));
        }
        Some(Ending::Failed(error)) => {
            assert_eq!(view.state, JobState::Failed, "{number}: {view:?}");
            assert_eq!(view.error.as_ref(), Some(&error));
        }
        _ => assert_eq!(view.state, JobState::Cancelled, "{number}: {view:?}"),
    }
}

/// How the job of this number ends; `None` if it is cancelled.
fn ending(number: u64) -> Option<Ending> {
    match number % 8 {
        0 => None,
        1 => Some(Ending::Failed(JobError::new(JobErrorKind::Refused, format!("no {number}")))),
        _ => {
            // Some take a page of the file, and some several.
            let filling = "x".repeat(usize::try_from(number * 7_919 % 20_000).unwrap());
            let result = format!("{{\"number\": {number}, \"filling\": \"{filling}\"}}");
            Some(Ending::Succeeded(RawValue::from_string(result).unwrap()))
        }
    }
}

/// Works until it is killed.
async fn child(file: &Path, kill: u64) {
    let store = Arc::new(open(file));
    let mut tasks = Vec::new();
    for task in 0..TASKS {
        let (store, first) = (Arc::clone(&store), (kill * TASKS + task) * NUMBERS);
        let mut dice = StdRng::seed_from_u64(first + SEED);
        tasks.push(tokio::spawn(async move {
            let mut next = first;
            loop {
                let count = dice.random_range(1..=5);
                let numbers: Vec<u64> = (next..next + count).collect();
                next += count;
                submit(&store, &numbers).await;
                work(&store, dice.random_range(1..=6), |said| println!("{said}.")).await;
            }
        }));
    }
    // It ends only if one of them panics.
    select_all(tasks).await.0.unwrap();
}

async fn submit(store: &EmbeddedJobStore, numbers: &[u64]) {
    let new = |number: &u64| NewJob {
        id: JobId::new(image(*number), model()),
        priority: Priority::Normal,
        ended_before: false,
    };
    let jobs: Vec<NewJob> = numbers.iter().map(new).collect();
    store.submit(&jobs, SubmitMode::New).await.unwrap();
    for number in numbers {
        println!("submitted {number}.");
    }
}

/// Claims jobs and ends them, and says so. Answers how many it got.
async fn work(store: &EmbeddedJobStore, slots: u32, say: impl Fn(String)) -> usize {
    let request = ClaimRequest {
        dispatcher: DispatcherId::random(),
        lease: Duration::from_hours(1),
        weights: PriorityWeights::default(),
        wants: vec![Want { model: model(), slots, limit: 1_000 }],
    };
    let claimed = store.claim(&request).await.unwrap().jobs;
    for job in &claimed {
        say(format!("claimed {}", number(job.lease.id.image)));
    }
    for job in &claimed {
        let (id, number) = (&job.lease.id, number(job.lease.id.image));
        let ending = if number % 5 == 0 && job.failures == 0 {
            let error = JobError::new(JobErrorKind::ServerError, "once more");
            Ending::Retry { after: Duration::ZERO, error }
        } else if let Some(ending) = ending(number) {
            ending
        } else {
            store.cancel(id.image, None).await.unwrap();
            Ending::Release { after: Duration::ZERO, error: None }
        };
        let word = if matches!(ending, Ending::Retry { .. }) { "retried" } else { "ended" };
        let finish = Finish { lease: job.lease.clone(), ending };
        let finished = store.finish(&[finish], None).await.unwrap();
        assert_eq!(finished.acks, [Ack::Recorded]);
        say(format!("{word} {number}"));
    }
    claimed.len()
}

fn open(file: &Path) -> EmbeddedJobStore {
    // No job is to fail because it was with one child after another.
    let settings = Settings { max_crashes: u8::MAX, ..Settings::default() };
    EmbeddedJobStore::open(file, settings, Clock::default()).unwrap()
}

async fn view(store: &EmbeddedJobStore, number: u64) -> JobView {
    let mut jobs = store.status(&[image(number)]).await.unwrap().remove(0);
    jobs.pop().unwrap_or_else(|| panic!("job {number} was acknowledged and is gone"))
}

fn model() -> ModelName {
    "m".parse().unwrap()
}

fn image(number: u64) -> ImageKey {
    ImageKey::from_bytes((u128::from(number) << 64).to_be_bytes())
}

fn number(image: ImageKey) -> u64 {
    u64::try_from(u128::from_be_bytes(*image.as_bytes()) >> 64).unwrap()
}
