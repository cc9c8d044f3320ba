//! The same bytes written and synced the same way as the image store does it: a photo and its
//! record, each synced before it has its name, and then the folders that name them.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::anyhow;

use crate::process::outcome::ProcessOutcome;

/// How much is written at a time, in bytes.
const BLOCK: usize = 128 * 1024;

/// About as long as a record that says what is asked of a photo, in bytes.
const RECORD: usize = 400;

/// Has so many threads write photos of so many bytes for so long, with or without a record of each.
pub fn run(
    folder: &Path,
    bytes: usize,
    records: bool,
    threads: usize,
    time: Duration,
) -> anyhow::Result<ProcessOutcome> {
    fs::create_dir_all(folder)?;
    let photo = vec![0x5A; bytes];
    ProcessOutcome::of(|| {
        let end = Instant::now() + time;
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..threads)
                .map(|number| {
                    let root = folder.to_owned();
                    let writer = Writer { root, number, photo: &photo, records };
                    scope.spawn(move || writer.write_until(end))
                })
                .collect();
            let ended = writers.into_iter().map(|writer| {
                let ended = writer.join().map_err(|_| anyhow!("a writer panicked"))?;
                Ok(ended?)
            });
            ended.sum::<anyhow::Result<usize>>()
        })
    })
}

/// Writes one photo after the other, for its time.
pub struct OneByOne {
    root: PathBuf,
    photo: Vec<u8>,
    next: Cell<usize>,
}

impl OneByOne {
    /// Writes photos of so many bytes into a folder.
    pub fn new(folder: &Path, bytes: usize) -> Self {
        Self { root: folder.to_owned(), photo: vec![0x5A; bytes], next: Cell::new(0) }
    }

    /// Writes the next.
    pub fn write(&self) -> io::Result<()> {
        let next = self.next.replace(self.next.get() + 1);
        let root = self.root.clone();
        Writer { root, number: 0, photo: &self.photo, records: true }.write(next)
    }
}

struct Writer<'a> {
    root: PathBuf,
    number: usize,
    photo: &'a [u8],
    records: bool,
}

impl Writer<'_> {
    fn write_until(&self, end: Instant) -> io::Result<usize> {
        let mut done = 0;
        while Instant::now() < end {
            self.write(done)?;
            done += 1;
        }
        Ok(done)
    }

    fn write(&self, photo: usize) -> io::Result<()> {
        let name = format!("{}-{:04}-{photo:08}", std::process::id(), self.number);
        let spooled = self.root.join(format!("{name}.spool"));
        let mut file = File::create(&spooled)?;
        self.photo.chunks(BLOCK).try_for_each(|block| file.write_all(block))?;
        file.sync_all()?;
        // As many folders as the first two digits of an MD5 make.
        let folder = self.root.join(format!("{:02x}", (photo * 31 + self.number * 7) % 256));
        fs::create_dir_all(&folder)?;
        if self.records {
            let spooled = self.root.join(format!("{name}.record"));
            let mut record = File::create(&spooled)?;
            record.write_all(&[b' '; RECORD])?;
            record.sync_all()?;
            fs::hard_link(&spooled, folder.join(format!("{name}.jsonl")))?;
            fs::remove_file(&spooled)?;
        }
        fs::rename(&spooled, folder.join(format!("{name}.jpg")))?;
        File::open(&folder)?.sync_all()?;
        File::open(&self.root)?.sync_all()
    }
}
