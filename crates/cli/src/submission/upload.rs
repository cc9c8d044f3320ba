//! The stage that sends photos.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use photo_core::ImageKey;

use super::queue::Queue;
use super::settled::Way;
use super::{Refusal, Settled, Submission};
use crate::client::{Accepted, AcceptedJob, Attempts, CallError, UploadError};
use crate::ending::Trouble;
use crate::find::Photo;
use crate::text::error_words;

/// The most photos in one request with their bytes.
const MOST_SENT: usize = 64;

/// A request has no further photo once it has so many bytes.
const MOST_BYTES: u64 = 16 << 20;

impl Submission<'_> {
    /// Sends photos, until the queue ends. One that is no good is told and left behind; the others
    /// of its request go again.
    pub(super) async fn send(&self, photos: &Queue) -> Result<(), Trouble> {
        loop {
            let most = self.most_photos.load(Ordering::Relaxed).min(MOST_SENT);
            let photos = photos.take(most, MOST_BYTES).await;
            if photos.is_empty() {
                return Ok(());
            }
            let mut attempts = self.server.attempts();
            // What is still to be sent, the next at the end.
            let mut parts = vec![photos];
            while let Some(mut part) = parts.pop() {
                match self.server.upload(&part, self.asked).await {
                    Ok(accepted) => {
                        attempts.succeeded();
                        self.accepted(part, accepted, Way::Sent).await;
                    }
                    Err(UploadError::Unreadable { number, error }) => {
                        let photo = part.remove(number);
                        let why = format!("cannot be read: {}", error_words(&error));
                        self.refuse(photo, Refusal::Here(why)).await;
                        parts.push(part);
                    }
                    Err(UploadError::Call(error)) => {
                        parts.extend(self.recover(part, error, &mut attempts).await?);
                    }
                }
                parts.retain(|part| !part.is_empty());
            }
        }
    }

    /// What to send again of a request that failed, the next at the end.
    async fn recover(
        &self,
        mut part: Vec<Photo>,
        error: CallError,
        attempts: &mut Attempts<'_>,
    ) -> Result<Vec<Vec<Photo>>, Trouble> {
        let problem = error.problem().cloned();
        if let Some(problem) = &problem
            && problem.refused.iter().any(|it| (1..=part.len()).contains(&it.position))
        {
            // The server looked at all of them: the others are good.
            let mut good = Vec::with_capacity(part.len());
            for (number, photo) in part.into_iter().enumerate() {
                match problem.refused.iter().find(|it| it.position == number + 1) {
                    Some(it) => {
                        self.refuse(photo, Refusal::Server(format!("it {}.", it.reason))).await;
                    }
                    None => good.push(photo),
                }
            }
            return Ok(vec![good]);
        }
        if let Some(problem) = &problem
            && let Some(number) = problem.photo
            && number < part.len()
        {
            // An older server reads photos in their order: those before it are good, and those
            // behind it were not looked at. Apart, each is sent twice at most, however many are
            // bad.
            let behind = part.split_off(number + 1);
            if let Some(photo) = part.pop() {
                let why = about_the_photo(&problem.detail, number);
                self.refuse(photo, Refusal::Server(why)).await;
            }
            return Ok(vec![behind, part]);
        }
        if let Some(problem) = problem.filter(|problem| problem.status == 413) {
            return match self.halve(part) {
                Ok(halves) => Ok(halves),
                Err(photo) => {
                    self.refuse(photo, Refusal::Server(problem.detail)).await;
                    Ok(Vec::new())
                }
            };
        }
        let is_lost = error.is_lost_on_the_way();
        attempts.pause(error).await?;
        let behind = part.split_off(if is_lost { part.len().div_ceil(2) } else { part.len() });
        Ok(vec![behind, part])
    }

    /// A request that was too large, in two, the first at the end. Later ones are made no larger
    /// than these. A single photo comes back.
    pub(super) fn halve(&self, mut part: Vec<Photo>) -> Result<Vec<Vec<Photo>>, Photo> {
        let behind = part.split_off(part.len().div_ceil(2));
        if behind.is_empty()
            && let Some(photo) = part.pop()
        {
            return Err(photo);
        }
        self.most_photos.fetch_min(part.len().max(1), Ordering::Relaxed);
        Ok(vec![behind, part])
    }

    /// Tells of the photos of a request that the server took.
    pub(super) async fn accepted(&self, part: Vec<Photo>, accepted: Accepted, way: Way) {
        let mut jobs: HashMap<ImageKey, Vec<AcceptedJob>> = HashMap::new();
        for job in accepted.jobs {
            jobs.entry(job.image).or_default().push(job);
        }
        for (mut photo, key) in part.into_iter().zip(accepted.images) {
            // Another one than it was hashed as, if the file has changed since. What the server has
            // is what counts.
            photo.key = key;
            let jobs = jobs.remove(&key).unwrap_or_default();
            self.settle(Settled::Accepted { photo, jobs, way }).await;
        }
    }

    /// Tells of a photo that is not taken.
    pub(super) async fn refuse(&self, photo: Photo, why: Refusal) {
        self.settle(Settled::Refused { path: photo.path, image: Some(photo.key), why }).await;
    }
}

/// What the server says of a photo, without what it says of the request, which goes on without it.
fn about_the_photo(detail: &str, number: usize) -> String {
    let rest = detail.strip_prefix(&format!("Photo {} of the form ", number + 1));
    match rest.and_then(|rest| rest.strip_suffix(" Nothing of the request was kept.")) {
        Some(rest) => format!("it {rest}"),
        None => detail.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_about_the_photo_alone() {
        let detail = "Photo 3 of the form is empty. Nothing of the request was kept.";
        assert_eq!(about_the_photo(detail, 2), "it is empty.");
        assert_eq!(about_the_photo(detail, 3), detail);
        assert_eq!(about_the_photo("No.", 0), "No.");
    }
}
