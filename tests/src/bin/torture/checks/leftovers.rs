//! Whether anything stays behind, in Redis or on the disk, that nobody needs.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;
use deadpool_redis::redis::{Client, Commands, Connection, cmd, pipe};
use photo_tests::program::binary;

use crate::ledger::Ledger;
use crate::model::Model;
use crate::system::world::World;

/// How long what goes by itself may take to do so. The longest is the word that a model cannot take
/// jobs, ten seconds.
const DEADLINE: Duration = Duration::from_secs(30);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(200);
/// How many keys are asked about in one go.
const KEYS: usize = 1000;
/// A spool folder without a lock that has not changed for so long belongs to nobody.
const ABANDONED: Duration = Duration::from_hours(1);
/// The most files that a problem names.
const SHOWN: usize = 6;

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Leftovers {
    /// Counters of all models together, by name.
    pub counters: HashMap<String, u64>,
    /// How many keys there are in Redis.
    pub keys: usize,
    /// How many spool files killed apis had left.
    pub spool_files: usize,
    /// How many endings the records lacked: how far they lag behind the job store.
    pub written_down: u64,
}

/// Looks at Redis and the image folder, where there must be these photos and nothing else; in Redis
/// some may not be counted if it had forgotten something. What is wrong goes into the ledger.
/// Blocks.
pub fn look(
    world: &World,
    ledger: &Ledger,
    photos: u64,
    has_forgotten: bool,
) -> anyhow::Result<Leftovers> {
    let client = Client::open(world.redis_url())?;
    let mut redis = client.get_connection().context("Redis does not answer")?;
    let deadline = Instant::now() + DEADLINE;
    let keys: Vec<Vec<u8>> = loop {
        let keys: Vec<Vec<u8>> = redis.keys("*")?;
        let passing = keys.iter().any(|key| kind(key) == Kind::Passing);
        if !passing || Instant::now() > deadline {
            break keys;
        }
        std::thread::sleep(PAUSE);
    };
    let jobs = photos * Model::ALL.len() as u64;
    check_keys(&mut redis, ledger, &keys, photos, jobs)?;
    let counters = counters(&mut redis)?;
    check_counters(ledger, &counters, jobs, has_forgotten);
    let (spool_files, written_down) = check_files(world, ledger, photos)?;
    Ok(Leftovers { counters, keys: keys.len(), spool_files, written_down })
}

/// Looks whether the programs, which live and have nothing to do, have more connections than they
/// need: an api and a dispatcher three to Redis, an api one more for each of its workers, of which
/// there are as many as cores, and a dispatcher one to each model that it asks how it is. What is
/// wrong goes into the ledger. Answers how many there are. Blocks.
pub fn connections_of_the_living(world: &World, ledger: &Ledger) -> anyhow::Result<usize> {
    let (apis, dispatchers) = (world.apis.len(), world.dispatchers.len());
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let most_at_redis = 3 * (apis + dispatchers) + apis * workers;
    connections(world, ledger, most_at_redis, dispatchers * world.services.len())
}

/// The same of programs that have ended, of which nothing may be left.
pub fn connections_of_the_dead(world: &World, ledger: &Ledger) -> anyhow::Result<usize> {
    connections(world, ledger, 0, 0)
}

fn connections(
    world: &World,
    ledger: &Ledger,
    most_at_redis: usize,
    most_at_models: usize,
) -> anyhow::Result<usize> {
    let client = Client::open(world.redis_url())?;
    let mut redis = client.get_connection().context("Redis does not answer")?;
    let deadline = Instant::now() + DEADLINE;
    loop {
        let list: String = cmd("CLIENT").arg("LIST").query(&mut redis)?;
        // One of them is our own.
        let at_redis = list.lines().count().saturating_sub(1);
        let at_models: usize = world.services.iter().map(|service| service.connections()).sum();
        if at_redis <= most_at_redis && at_models <= most_at_models {
            return Ok(at_redis + at_models);
        }
        if Instant::now() > deadline {
            ledger.problem(format!(
                "there are {at_models} connections at the models where {most_at_models} may be, and \
                 these at Redis where {most_at_redis} may be:\n{list}"
            ));
            return Ok(at_redis + at_models);
        }
        std::thread::sleep(PAUSE);
    }
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// An image's record: goes with its retention.
    Image,
    /// A job's outcome: goes with its image.
    Outcome,
    /// Both of them, of all jobs of an image.
    Folded,
    /// What programs say of themselves: goes soon after the last of them.
    Report,
    /// Names and counts, and who waits for work.
    Lasting,
    /// Lines, leases, waiting and failed jobs, holds: there must be none when all is done.
    Passing,
}

fn kind(key: &[u8]) -> Kind {
    let name = key.strip_prefix(b"{photo}:").unwrap_or_default();
    match name {
        [b'i', b':', ..] => Kind::Image,
        [b'r', b':', ..] => Kind::Outcome,
        [b'o', b':', ..] => Kind::Folded,
        b"dispatchers" | b"reports" | b"programs" => Kind::Report,
        [b'm' | b'w', b':', ..] | b"v" | b"b" | b"f" | b"t" | b"queues" | b"models" => {
            Kind::Lasting
        }
        _ => Kind::Passing,
    }
}

fn check_keys(
    redis: &mut Connection,
    ledger: &Ledger,
    keys: &[Vec<u8>],
    photos: u64,
    jobs: u64,
) -> anyhow::Result<()> {
    let (mut images, mut outcomes) = (0, 0);
    for keys in keys.chunks(KEYS) {
        let mut question = pipe();
        for key in keys {
            question.pttl(key);
        }
        let left: Vec<i64> = question.query(redis)?;
        for (key, left) in keys.iter().zip(left) {
            let name = key.escape_ascii();
            match kind(key) {
                Kind::Image | Kind::Outcome | Kind::Folded if left < 0 => {
                    ledger.problem(format!("{name} stays in Redis for ever"));
                }
                Kind::Image => images += 1,
                Kind::Outcome => outcomes += 1,
                Kind::Folded => {
                    images += 1;
                    outcomes += Model::ALL.len() as u64;
                }
                Kind::Report if left == -1 => {
                    ledger.problem(format!("{name} stays in Redis for ever"));
                }
                Kind::Lasting | Kind::Report => {}
                Kind::Passing => ledger.problem(format!("{name} is left in Redis")),
            }
        }
    }
    if (images, outcomes) != (photos, jobs) {
        ledger.problem(format!(
            "Redis has {images} images and {outcomes} outcomes that go with their retention, \
             instead of {photos} and {jobs}"
        ));
    }
    Ok(())
}

/// Every job was put in line once and succeeded once, and every claim came to one end. A job that
/// Redis forgot altogether is given back from its record, and is then not counted.
fn check_counters(
    ledger: &Ledger,
    counters: &HashMap<String, u64>,
    jobs: u64,
    has_forgotten: bool,
) {
    let counted = |name: &str| counters.get(name).copied().unwrap_or(0);
    let done = if has_forgotten { counted("submitted").min(jobs) } else { jobs };
    let all = [("submitted", done), ("succeeded", done), ("failed", 0), ("cancelled", 0)];
    for (name, expected) in all {
        if counted(name) != expected {
            let counted = counted(name);
            ledger.problem(format!("{counted} jobs were counted as {name} instead of {expected}"));
        }
    }
    let ends = ["succeeded", "retried", "released", "expired"];
    let ended: u64 = ends.iter().map(|name| counted(name)).sum();
    if counted("claimed") != ended {
        ledger.problem(format!("{} claims came to {ended} ends", counted("claimed")));
    }
}

fn counters(redis: &mut Connection) -> anyhow::Result<HashMap<String, u64>> {
    let mut sums = HashMap::new();
    for model in Model::ALL {
        let fields: HashMap<String, String> =
            redis.hgetall(format!("{{photo}}:m:{}", model.name()))?;
        for (name, value) in fields {
            // One of them is a text: what the model can say.
            let value: u64 = value.parse().unwrap_or(0);
            *sums.entry(name).or_default() += value;
        }
    }
    Ok(sums)
}

/// Each photo has its file and its record, and there is nothing else. An api that was killed leaves
/// what it was writing in the spool; another one removes it within minutes, and at once here, where
/// it is made an hour old and an operator asks for it. Answers how many files there were, and how
/// many endings had to be written down.
fn check_files(world: &World, ledger: &Ledger, photos: u64) -> anyhow::Result<(usize, u64)> {
    let (root, spool) = (world.images(), world.images().join(".spool"));
    let abandoned = files(&spool)?.len();
    for api in &world.apis {
        api.stop(Duration::ZERO)?;
    }
    for folder in std::fs::read_dir(&spool)? {
        File::open(folder?.path())?.set_modified(SystemTime::now() - ABANDONED)?;
    }
    // What dispatchers died with before they had written it down is mended by the first.
    let mended = fsck(world)?;
    let checked = fsck(world)?;
    if !checked.contains("job store and records agree") {
        ledger.problem(format!("fsck mended this: {mended}\nand then found: {checked}"));
    }
    for file in files(&spool)? {
        ledger.problem(format!("{} is still in the spool", file.display()));
    }
    let stored = files(&root)?;
    if stored.len() as u64 != 2 * photos {
        let mut by_image = BTreeMap::<_, Vec<_>>::new();
        for file in &stored {
            by_image.entry(file.with_extension("")).or_default().push(file);
        }
        by_image.retain(|_, files| files.len() != 2);
        let odd: Vec<_> = by_image.into_values().flatten().take(SHOWN).collect();
        let count = stored.len();
        ledger.problem(format!(
            "there are {count} files of {photos} photos, instead of two each: see {odd:?}"
        ));
    }
    Ok((abandoned, written_down(&mended)))
}

/// Compares records and job store, and answers what that tells.
fn fsck(world: &World) -> anyhow::Result<String> {
    let images = format!("file:{}", world.images().display());
    let mut command = Command::new(binary("api"));
    command.args(["fsck", "--store", world.redis_url(), "--images", &images]);
    let output = command.output().context("fsck cannot be started")?;
    let told = [output.stdout, output.stderr].concat();
    Ok(String::from_utf8_lossy(&told).into_owned())
}

/// How many endings a walk wrote down, by what it tells.
fn written_down(told: &str) -> u64 {
    let line = told.lines().find(|line| line.ends_with(": written down"));
    let count = line.and_then(|line| line.split_whitespace().next());
    count.and_then(|count| count.parse().ok()).unwrap_or(0)
}

/// Every photo, record and spool file below a folder.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if !["lock", ".layout"].contains(&&*name) && !name.starts_with(".caretaker") {
            found.push(path);
        }
    }
    Ok(found)
}
