//! Jobs that ended without a result.

use std::time::Duration;

use photo_core::job::{Ack, Ending};
use photo_core::{JobError, JobErrorKind, JobState};

use crate::contract::scene::{Scene, job, retry, success};
use crate::contract::{Harness, LEASE};

pub async fn a_failure_is_kept_with_its_error<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    let message = "cannot \"read\" the photo:\n\u{1F980}\0 \\";
    let error = JobError::new(JobErrorKind::Refused, message).with_status(400);
    let ack = scene.finish(&lease, Ending::Failed(error.clone())).await;
    assert_eq!(ack, Ack::Recorded);
    let view = scene.view(&job(1, "m")).await;
    assert_eq!((view.state, view.error), (JobState::Failed, Some(error)));
    assert!(view.result.is_none());
    // Only a retry counts attempts that failed.
    assert_eq!((view.attempts, view.failures), (1, 0));
}

pub async fn a_failed_job_is_not_handed_out<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.failed(&job(1, "m")).await;
    scene.advance(LEASE * 10);
    scene.store.tick().await.unwrap();
    assert_eq!(scene.claim("m", 1).await, []);
    assert_eq!(scene.state(&job(1, "m")).await, JobState::Failed);
}

pub async fn a_success_after_a_retry_shows_no_error<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.finish(&lease, retry(Duration::ZERO)).await;
    assert!(scene.view(&job(1, "m")).await.error.is_some());
    let claimed = scene.claim_one("m").await;
    scene.finish(&claimed.lease, success("1")).await;
    let view = scene.view(&job(1, "m")).await;
    assert_eq!((view.state, view.error), (JobState::Succeeded, None));
    assert_eq!((view.attempts, view.failures), (2, 1));
}

pub async fn an_error_without_an_http_status_has_none_when_read<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    let error = JobError::new(JobErrorKind::Timeout, "");
    scene.finish(&lease, Ending::Failed(error.clone())).await;
    assert_eq!(scene.view(&job(1, "m")).await.error, Some(error));
}
