//! The queues with what tells how long their jobs wait.

use std::time::Duration;

use photo_core::UnixMillis;
use photo_core::job::{
    Announcement, LineEnds, ModelStats, Priority, QueueView, Requeue, SubmitMode,
};

use crate::contract::Harness;
use crate::contract::scene::{Scene, error, job, jobs, model, release, retry};

const SECOND: Duration = Duration::from_secs(1);

async fn queue<H: Harness>(scene: &Scene<H>, name: &str) -> QueueView {
    let mut queues = scene.store.queues(Some(&[model(name)])).await.unwrap();
    assert_eq!(queues.len(), 1);
    queues.remove(0)
}

/// The ends of the line of normal jobs.
async fn line<H: Harness>(scene: &Scene<H>, name: &str) -> LineEnds {
    queue(scene, name).await.lines[1].expect("jobs are in line")
}

async fn changed_at<H: Harness>(scene: &Scene<H>, number: u32) -> UnixMillis {
    scene.view(&job(number, "m")).await.changed_at
}

pub async fn a_queue_has_the_numbers_of_the_statistics<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.failed(&job(1, "m")).await;
    scene.running(&job(2, "m")).await;
    scene.submit_as(&jobs(3..5, "m"), Priority::High, SubmitMode::New).await;
    let view = queue(&scene, "m").await;
    assert_eq!(view.stats, scene.stats("m").await);
    assert_eq!((view.hold, view.announced), (None, Vec::new()));
}

pub async fn a_line_tells_when_its_first_and_its_last_job_came<H: Harness>() {
    let scene = Scene::<H>::start().await;
    for number in 1..=3 {
        scene.submit(&[job(number, "m")]).await;
        scene.advance(SECOND);
    }
    let ends = line(&scene, "m").await;
    assert_eq!(ends.first_at, changed_at(&scene, 1).await);
    assert_eq!(ends.last_at, changed_at(&scene, 3).await);
    assert_eq!(ends.oldest_at, ends.first_at);
    assert!(ends.last_at.0 >= ends.first_at.0 + 2_000);
    scene.claim("m", 2).await;
    let ends = line(&scene, "m").await;
    assert_eq!((ends.first_at, ends.last_at), (ends.last_at, changed_at(&scene, 3).await));
}

pub async fn each_priority_has_a_line<H: Harness>() {
    let scene = Scene::<H>::start().await;
    for (number, priority) in [(1, Priority::Low), (2, Priority::High)] {
        scene.submit_as(&[job(number, "m")], priority, SubmitMode::New).await;
        scene.advance(SECOND);
    }
    let view = queue(&scene, "m").await;
    let first = |line: Option<LineEnds>| line.map(|ends| ends.first_at);
    let [high, normal, low] = view.lines.map(first);
    assert_eq!(high, Some(changed_at(&scene, 2).await));
    assert_eq!(normal, None);
    assert_eq!(low, Some(changed_at(&scene, 1).await));
    assert_eq!(view.oldest_at(), low);
}

pub async fn a_job_put_back_at_the_front_does_not_hide_those_behind_it<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs([1, 2], "m")).await;
    let asked_at = changed_at(&scene, 2).await;
    let lease = scene.claim("m", 1).await.remove(0).lease;
    scene.advance(SECOND);
    scene.finish(&lease, release(Duration::ZERO)).await;
    assert!(changed_at(&scene, 1).await > asked_at);
    let ends = line(&scene, "m").await;
    assert_eq!((ends.first_at, ends.last_at), (asked_at, changed_at(&scene, 1).await));
    assert_eq!(ends.oldest_at, asked_at);
}

pub async fn a_job_that_comes_due_is_as_old_as_it_was_asked_for<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    let asked_at = scene.view(&job(1, "m")).await.submitted_at;
    scene.finish(&lease, retry(SECOND)).await;
    scene.advance(SECOND);
    scene.store.tick().await.unwrap();
    let ends = line(&scene, "m").await;
    assert_eq!(ends.oldest_at, asked_at);
    assert!(ends.first_at.0 >= asked_at.0 + 1_000);
}

pub async fn cancelled_jobs_at_the_ends_are_passed_over<H: Harness>() {
    let scene = Scene::<H>::start().await;
    for number in 1..=4 {
        scene.submit(&[job(number, "m")]).await;
        scene.advance(SECOND);
    }
    for number in [1, 4] {
        scene.cancel(&job(number, "m")).await;
    }
    let ends = line(&scene, "m").await;
    assert_eq!(ends.first_at, changed_at(&scene, 2).await);
    assert_eq!(ends.last_at, changed_at(&scene, 3).await);
    for number in [2, 3] {
        scene.cancel(&job(number, "m")).await;
    }
    assert_eq!(queue(&scene, "m").await.lines, [None; 3]);
}

pub async fn a_requeued_job_is_as_old_as_it_was_put_back<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.failed(&job(1, "m")).await;
    scene.advance(SECOND);
    scene.store.requeue(&Requeue::Jobs(jobs([1], "m"))).await.unwrap();
    let ends = line(&scene, "m").await;
    assert_eq!(ends.oldest_at, changed_at(&scene, 1).await);
}

pub async fn a_hold_and_the_endpoints_are_told_of<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let (name, down) = (model("m"), error("down"));
    for url in ["http://b:1", "http://a:1"] {
        let announcement = Announcement {
            model: name.clone(),
            url: url.to_owned(),
            lifetime: SECOND * 10,
            from: None,
        };
        scene.store.announce(&announcement).await.unwrap();
    }
    scene.store.hold(&name, Some(&down), SECOND * 5).await.unwrap();
    let view = queue(&scene, "m").await;
    assert_eq!(
        (view.hold, view.announced),
        (Some(down), vec!["http://a:1".to_owned(), "http://b:1".to_owned()])
    );
    scene.running(&job(1, "m")).await;
    assert_eq!(queue(&scene, "m").await.hold, None, "a job of the model runs");
    scene.advance(SECOND * 10);
    let view = queue(&scene, "m").await;
    assert_eq!((view.hold, view.announced), (None, Vec::new()));
}

pub async fn queues_come_as_named_or_all_by_name<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let names = |queues: Vec<QueueView>| -> Vec<String> {
        queues.into_iter().map(|queue| queue.stats.model.to_string()).collect()
    };
    assert_eq!(scene.store.queues(None).await.unwrap(), []);
    assert_eq!(scene.store.queues(Some(&[])).await.unwrap(), []);
    scene.submit(&[job(1, "b"), job(1, "C")]).await;
    scene.store.describe(&model("a"), &serde_json::json!(["cat"])).await.unwrap();
    assert_eq!(names(scene.store.queues(None).await.unwrap()), ["C", "a", "b"]);
    let named = [model("never-seen"), model("b")];
    let queues = scene.store.queues(Some(&named)).await.unwrap();
    assert_eq!(queues[0].stats.counters.len(), ModelStats::COUNTERS.len());
    assert_eq!((queues[0].stats.unfinished(), queues[0].lines), (0, [None; 3]));
    assert_eq!(names(queues), ["never-seen", "b"]);
}

pub async fn a_hundred_queues_come_at_once<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let names: Vec<String> = (0..120).map(|number| format!("m{number:03}")).collect();
    let ids: Vec<_> = names.iter().map(|name| job(1, name)).collect();
    scene.submit(&ids).await;
    let queues = scene.store.queues(None).await.unwrap();
    let told: Vec<_> = queues.iter().map(|queue| queue.stats.model.as_str()).collect();
    assert_eq!(told, names);
}
