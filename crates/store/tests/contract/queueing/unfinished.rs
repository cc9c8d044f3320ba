//! The lists of unfinished jobs, read slice by slice.

use std::time::Duration;

use photo_core::job::{JobList, Listed, Priority};
use photo_core::{ImageKey, JobId};

use crate::contract::scene::{Scene, job, jobs, model, retry};
use crate::contract::{Harness, LEASE};

const LINE: JobList = JobList::Queued(Priority::Normal);

async fn listed<H: Harness>(scene: &Scene<H>, list: JobList, from: u32, count: u32) -> Listed {
    scene.store.unfinished(&model("m"), list, from, count).await.unwrap()
}

fn images(ids: &[JobId]) -> Vec<ImageKey> {
    ids.iter().map(|id| id.image).collect()
}

fn whole(numbers: impl IntoIterator<Item = u32>) -> Listed {
    Listed { images: images(&jobs(numbers, "m")), more: false }
}

pub async fn each_unfinished_job_stands_in_the_list_of_its_state<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.running(&job(1, "m")).await;
    let retried = scene.running(&job(2, "m")).await;
    scene.finish(&retried, retry(Duration::from_secs(30))).await;
    scene.succeeded(&job(3, "m")).await;
    scene.failed(&job(4, "m")).await;
    scene.submit(&[job(5, "m"), job(5, "n")]).await;
    assert_eq!(listed(&scene, JobList::Running, 0, 10).await, whole([1]));
    assert_eq!(listed(&scene, JobList::Waiting, 0, 10).await, whole([2]));
    assert_eq!(listed(&scene, LINE, 0, 10).await, whole([5]));
    assert_eq!(listed(&scene, JobList::Queued(Priority::High), 0, 10).await, whole([]));
    assert_eq!(listed(&scene, JobList::Queued(Priority::Low), 0, 10).await, whole([]));
    // One that is to be cancelled runs all the same, and so does one whose lease is over.
    scene.cancel(&job(1, "m")).await;
    scene.advance(LEASE * 2);
    assert_eq!(listed(&scene, JobList::Running, 0, 10).await, whole([1]));
}

pub async fn a_list_is_read_slice_by_slice<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs(1..=7, "m")).await;
    let slice = |numbers: &[u32], more| Listed { more, ..whole(numbers.iter().copied()) };
    assert_eq!(listed(&scene, LINE, 0, 3).await, slice(&[1, 2, 3], true));
    assert_eq!(listed(&scene, LINE, 3, 3).await, slice(&[4, 5, 6], true));
    assert_eq!(listed(&scene, LINE, 6, 3).await, slice(&[7], false));
    assert_eq!(listed(&scene, LINE, 4, 3).await, slice(&[5, 6, 7], false));
    assert_eq!(listed(&scene, LINE, 9, 3).await, slice(&[], false));
    assert_eq!(listed(&scene, LINE, 0, 0).await, slice(&[], true));
}

pub async fn a_cancelled_job_is_in_no_list<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs(1..=3, "m")).await;
    scene.cancel(&job(2, "m")).await;
    assert_eq!(listed(&scene, LINE, 0, 10).await, whole([1, 3]));
    // Asked for again it is in line once.
    scene.submit(&[job(2, "m")]).await;
    assert_eq!(listed(&scene, LINE, 0, 10).await, whole([1, 3, 2]));
}

pub async fn a_model_without_jobs_has_empty_lists<H: Harness>() {
    let scene = Scene::<H>::start().await;
    for list in JobList::ALL {
        assert_eq!(listed(&scene, list, 0, 10).await, whole([]));
    }
}
