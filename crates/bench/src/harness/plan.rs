//! How much of everything is measured.

use std::time::Duration;

/// Sizes and times of all measurements.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How often everything is measured.
    pub rounds: usize,
    /// How long one contender is measured in one round.
    pub sample: Duration,
    /// How long an idle system is looked at.
    pub idle: Duration,
    /// The bytes of large photos.
    pub large: usize,
    /// The bytes of small photos.
    pub small: usize,
    /// The bytes of the photos by which the memory of the api is measured.
    pub huge: usize,
    /// How many photos a dispatcher takes to a model, over and over.
    pub stored: usize,
    /// How many photos go the whole way in one round.
    pub whole_ways: usize,
    /// How many requests are under way at a time.
    pub concurrency: usize,
    /// How many jobs are in the queue while the queue alone is measured.
    pub queued: usize,
    /// How many jobs are weighed.
    pub memory_jobs: usize,
    /// How many jobs make a long queue.
    pub many_queued: usize,
    /// How many models are many.
    pub many_models: usize,
    /// Uploads in a second while times are measured.
    pub upload_rate: u32,
    /// Requests for a status in a second while times are measured.
    pub status_rate: u32,
    /// How many jobs a peer does in one round, in thousandths of the usual number.
    pub peer_jobs: usize,
}

impl Plan {
    /// The whole of it, with so many rounds.
    pub fn full(rounds: usize) -> Self {
        Self {
            rounds: rounds.max(1),
            sample: Duration::from_secs(2),
            idle: Duration::from_secs(10),
            large: 3_000_000,
            small: 100_000,
            huge: 10_000_000,
            stored: 1_000,
            whole_ways: 2_000,
            concurrency: 64,
            queued: 100_000,
            memory_jobs: 200_000,
            many_queued: 1_000_000,
            many_models: 1_000,
            upload_rate: 50,
            status_rate: 1_000,
            peer_jobs: 1_000,
        }
    }

    /// All of it in miniature, to see that it works. Its figures mean nothing.
    pub fn quick() -> Self {
        Self {
            rounds: 1,
            sample: Duration::from_millis(100),
            idle: Duration::from_millis(500),
            large: 300_000,
            small: 10_000,
            huge: 300_000,
            stored: 40,
            whole_ways: 40,
            concurrency: 8,
            queued: 2_000,
            memory_jobs: 2_000,
            many_queued: 5_000,
            many_models: 20,
            upload_rate: 50,
            status_rate: 100,
            peer_jobs: 20,
        }
    }
}
