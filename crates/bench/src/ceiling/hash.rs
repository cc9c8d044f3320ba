//! MD5 and SHA-256 of the same bytes in one thread.

use std::hint::black_box;
use std::time::{Duration, Instant};

use md5::Md5;
use sha2::{Digest, Sha256};

use crate::process::outcome::ProcessOutcome;

/// How much both hashes take in at a time: what the fastest cache holds.
const BLOCK: usize = 16 * 1024;

/// Hashes photos of so many bytes for so long.
pub fn run(bytes: usize, time: Duration) -> anyhow::Result<ProcessOutcome> {
    let photo = vec![0x5A; bytes];
    ProcessOutcome::of(|| {
        let (start, mut done) = (Instant::now(), 0);
        while start.elapsed() < time {
            let (mut md5, mut sha256) = (Md5::new(), Sha256::new());
            for block in photo.chunks(BLOCK) {
                md5.update(block);
                sha256.update(block);
            }
            black_box((md5.finalize(), sha256.finalize()));
            done += 1;
        }
        Ok(done)
    })
}
