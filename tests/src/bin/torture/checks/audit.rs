//! Whether every job that was promised was done, and done right.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use photo_core::ImageKey;
use serde_json::Value;

use crate::clients::client::Client;
use crate::ledger::PhotoNumber;
use crate::model::Model;

/// How long jobs may take once everything is up. Most of it is for the queue; the pause after a
/// failure grows to minutes only with the ninth.
const DEADLINE: Duration = Duration::from_mins(10);
/// The pause between two looks at jobs that are not finished.
const PAUSE: Duration = Duration::from_millis(100);
/// How many images are asked about at once.
const IMAGES: usize = 500;

/// What was found out about the jobs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Audit {
    /// Jobs that succeeded with the right result.
    pub right: u64,
    /// The longest time from a job's submission to its end.
    pub longest: Duration,
    /// The most often a dispatcher took one job.
    pub most_attempts: u64,
}

/// Waits until all accepted photos are finished, then looks at each job. What is wrong goes into
/// the ledger.
pub async fn run(client: &Client) -> Audit {
    let deadline = Instant::now() + DEADLINE;
    let photos = client.ledger.accepted();
    for photos in photos.chunks(IMAGES) {
        // Whether they are, and how, is looked at below.
        let _ = finished(client, photos, deadline).await;
    }
    let mut audit = Audit::default();
    for photos in photos.chunks(IMAGES) {
        let Some(answer) = finished(client, photos, deadline).await else {
            client.ledger.problem("no api answers".to_owned());
            continue;
        };
        for (image, number) in photos {
            audit.photo(client, *image, *number, &answer["images"][image.to_string()]);
        }
    }
    cut_photos(client, deadline).await;
    audit
}

/// What the apis say of these photos, once all their jobs are finished; at the deadline, what
/// they say then.
async fn finished(
    client: &Client,
    photos: &[(ImageKey, PhotoNumber)],
    deadline: Instant,
) -> Option<Value> {
    let images: Vec<ImageKey> = photos.iter().map(|photo| photo.0).collect();
    loop {
        let answer = client.api.statuses(&images).await;
        let late = Instant::now() > deadline;
        if let Some(answer) = answer {
            for image in &images {
                client.ledger.see(*image, &answer["images"][image.to_string()]);
            }
            let mut views = answer["images"].as_object().into_iter().flatten();
            if late || views.all(|(_, view)| is_final(view)) {
                return Some(answer);
            }
        } else if late {
            return None;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn is_final(view: &Value) -> bool {
    ["SUCCEEDED", "FAILED", "CANCELLED"].iter().any(|status| view["status"] == *status)
}

/// Photos whose upload was cut off must not be known.
async fn cut_photos(client: &Client, deadline: Instant) {
    for images in client.ledger.cut_photos().chunks(IMAGES) {
        let answer = loop {
            match client.api.statuses(images).await {
                Some(answer) => break answer,
                None if Instant::now() > deadline => {
                    return client.ledger.problem("no api answers".to_owned());
                }
                None => tokio::time::sleep(PAUSE).await,
            }
        };
        for (image, view) in answer["images"].as_object().into_iter().flatten() {
            client.ledger.problem(format!("{image} was cut off and has jobs: {view}"));
        }
    }
}

impl Audit {
    fn photo(&mut self, client: &Client, image: ImageKey, number: PhotoNumber, view: &Value) {
        let photo = client.photo(number);
        for model in Model::ALL {
            let (name, job) = (model.name(), &view["jobs"][model.name()]);
            let result = &view["results"][name];
            if job["state"] == "SUCCEEDED" && *result == model.result(&photo) {
                self.right += 1;
            } else {
                client.ledger.problem(format!("{image}/{name} ended as {job} with {result}"));
            }
            let time = |key: &str| job[key].as_str()?.parse::<Timestamp>().ok();
            if let (Some(from), Some(to)) = (time("submitted_at"), time("finished_at")) {
                self.longest = self.longest.max(to.duration_since(from).unsigned_abs());
            }
            self.most_attempts = self.most_attempts.max(job["attempts"].as_u64().unwrap_or(0));
        }
    }
}
