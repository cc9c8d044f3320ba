//! Every kind of failure does to a job what it should.

use std::time::Duration;

use photo_config::Protocol;
use photo_core::JobErrorKind as Kind;
use photo_core::JobState::{Failed, Succeeded, Waiting};
use photo_core::ports::ImageStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::fake_service::{FakeService, GOOD, Reply, Takes, reply};
use crate::world::World;

/// What is left of a job whose service always answers like this.
async fn failed_for_good(answer: Reply) -> (photo_core::JobError, u32, usize) {
    let service = FakeService::start(Takes::Multipart);
    service.usually(answer);
    let mut world = World::with_wood(&[&service]);
    world.wood().max_attempts = Some(3);
    let image = world.ask(1).await;
    let _dispatcher = world.start();
    let job = world.until(image, Failed).await;
    (job.error.unwrap(), job.attempts, service.calls().len())
}

#[tokio::test]
async fn a_refusal_ends_the_job_at_once_with_the_models_own_words() {
    let (error, attempts, calls) =
        failed_for_good(reply(400, r#"{"status": "failure", "detail": "Not wood."}"#)).await;
    assert_eq!((error.kind, error.http_status), (Kind::Refused, Some(400)));
    assert_eq!(error.message, "Not wood.");
    assert_eq!((attempts, calls), (1, 1));
}

#[tokio::test]
async fn a_refusal_wrapped_in_a_200_is_a_refusal() {
    let body = r#"{"status_code": 400, "detail": "Unable to open image file.", "headers": null}"#;
    let (error, attempts, _) = failed_for_good(reply(200, body)).await;
    assert_eq!((error.kind, error.message.as_str()), (Kind::Refused, "Unable to open image file."));
    assert_eq!(attempts, 1);
}

#[tokio::test]
async fn a_failing_service_is_tried_as_often_as_configured() {
    let (error, attempts, calls) = failed_for_good(reply(500, "Internal Server Error")).await;
    assert_eq!((error.kind, error.http_status), (Kind::ServerError, Some(500)));
    assert_eq!(error.message, "Internal Server Error");
    assert_eq!((attempts, calls), (3, 3));
}

#[tokio::test]
async fn garbage_is_tried_again_and_then_the_job_ends() {
    let (error, attempts, _) = failed_for_good(reply(200, "<html>")).await;
    assert_eq!((error.kind, attempts), (Kind::BadAnswer, 3));
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let service = FakeService::start(Takes::Multipart);
    service.usually(reply(200, &format!(r#"{{"result": "{}"}}"#, "x".repeat(100_000))));
    let mut world = World::with_wood(&[&service]);
    world.wood().max_attempts = Some(1);
    world.wood().max_answer_bytes = Some("50kB".parse().unwrap());
    let image = world.ask(1).await;
    let _dispatcher = world.start();
    let error = world.until(image, Failed).await.error.unwrap();
    assert_eq!(error.message, "the answer is longer than the limit of 50000 bytes");
}

#[tokio::test]
async fn a_job_that_failed_once_succeeds_with_the_next_attempt() {
    let service = FakeService::start(Takes::Multipart);
    service.next([reply(500, ""), reply(502, "")]);
    let world = World::with_wood(&[&service]);
    let image = world.ask(1).await;
    let _dispatcher = world.start();
    let job = world.until(image, Succeeded).await;
    assert_eq!((job.attempts, job.failures), (3, 2));
}

#[tokio::test]
async fn a_service_that_does_not_answer_in_time_uses_up_an_attempt() {
    let service = FakeService::start(Takes::Multipart);
    service.set_open(false);
    let mut world = World::with_wood(&[&service]);
    world.wood().max_attempts = Some(2);
    world.wood().timeout = Some(Duration::from_millis(50));
    let image = world.ask(1).await;
    let _dispatcher = world.start();
    let job = world.until(image, Failed).await;
    assert_eq!((job.error.unwrap().kind, job.attempts), (Kind::Timeout, 2));
}

#[tokio::test]
async fn a_connection_that_breaks_uses_up_an_attempt() {
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"result\":";
    let half_a_chunk = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"res";
    let answers = [
        ("", Kind::ServerError),
        (half, Kind::BadAnswer),
        (half_a_chunk, Kind::BadAnswer),
        ("not HTTP\r\n\r\n", Kind::ServerError),
    ];
    for (answer, kind) in answers {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut peer, _)) = listener.accept().await {
                // All of the request is read first: closing before would reset the connection.
                let mut request = Vec::new();
                while !request.ends_with(b"--\r\n") {
                    if matches!(peer.read_buf(&mut request).await, Ok(0) | Err(_)) {
                        break;
                    }
                }
                let _ = peer.write_all(answer.as_bytes()).await;
            }
        });
        let mut world = World::with_wood(&[]);
        world.wood().url = Some(url.parse().unwrap());
        world.wood().protocol = Some(Protocol::Multipart);
        world.wood().max_attempts = Some(2);
        let image = world.ask(1).await;
        let _dispatcher = world.start();
        let job = world.until(image, Failed).await;
        assert_eq!((job.error.unwrap().kind, job.attempts), (kind, 2), "{answer}");
    }
}

#[tokio::test]
async fn a_photo_that_is_gone_fails_its_job_and_is_not_blamed_on_the_service() {
    let service = FakeService::start(Takes::Multipart);
    let mut world = World::with_wood(&[&service]);
    world.wood().max_attempts = Some(2);
    let image = world.ask(1).await;
    let found = world.images.inspect(&[image]).await.unwrap().remove(0);
    assert!(world.images.remove(&found, true).await.unwrap());
    let _dispatcher = world.start();
    let job = world.until(image, Failed).await;
    assert_eq!((job.error.unwrap().kind, job.attempts), (Kind::ImageMissing, 2));
    assert!(service.calls().is_empty());
}

#[tokio::test]
async fn an_image_store_that_cannot_be_read_costs_no_attempt() {
    let service = FakeService::start(Takes::Multipart);
    let mut world = World::with_wood(&[&service]);
    world.wood().max_attempts = Some(1);
    let image = world.ask(1).await;
    let record = world.record_of(image);
    let (shelf, away) = (record.parent().unwrap(), record.with_extension("away"));
    let away = world.images_folder().join(away.file_name().unwrap());
    std::fs::rename(shelf, &away).unwrap();
    std::fs::write(shelf, b"no folder").unwrap();
    let _dispatcher = world.start();
    let job = world.until(image, Waiting).await;
    assert_eq!(job.error.unwrap().kind, Kind::ImageUnavailable);

    std::fs::remove_file(shelf).unwrap();
    std::fs::rename(&away, shelf).unwrap();
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(world.until(image, Succeeded).await.failures, 0);
}

#[tokio::test]
async fn a_service_that_only_fails_does_not_use_up_the_attempts_of_all_jobs() {
    let service = FakeService::start(Takes::Multipart);
    service.usually(reply(500, "broken"));
    service.status(reply(503, r#"{"status": "failure"}"#));
    let mut world = World::with_wood(&[&service]);
    world.wood().concurrency = Some(1);
    let mut images = Vec::new();
    for seed in 0..20 {
        images.push(world.ask(seed).await);
    }
    let _dispatcher = world.start();
    let last = *images.last().unwrap();
    let job = world.until(last, Waiting).await;
    assert!(job.held_by_model.is_some() && job.attempts == 0, "{job:?}");
    assert_eq!(service.calls().len(), 5);

    service.usually(reply(200, GOOD));
    service.status(reply(200, r#"{"status": "success"}"#));
    for image in images {
        world.until(image, Succeeded).await;
    }
}

/// How long a job waits whose service turned it away and asked for this, in milliseconds.
async fn wait_asked_for(retry_after: &'static str) -> u64 {
    let service = FakeService::start(Takes::Multipart);
    service.next([Reply { retry_after: Some(retry_after), ..reply(429, "busy") }]);
    let world = World::with_wood(&[&service]);
    let image = world.ask(1).await;
    let _dispatcher = world.start();
    let job = world.until(image, Waiting).await;
    let error = job.error.unwrap();
    assert_eq!((error.kind, error.message.as_str()), (Kind::Overloaded, "busy"));
    assert_eq!(job.failures, 0);
    job.due_at.unwrap().0 - job.changed_at.0
}

#[tokio::test]
async fn a_job_turned_away_waits_as_long_as_the_service_asks_up_to_an_hour() {
    let wait = wait_asked_for("120").await;
    assert!((119_000..=121_000).contains(&wait), "{wait} ms");
    let wait = wait_asked_for("86400").await;
    assert!((3_599_000..=3_601_000).contains(&wait), "{wait} ms");
}

#[tokio::test]
async fn a_service_that_fails_and_says_when_to_come_back_is_left_alone_until_then() {
    for status in [500, 502, 504] {
        let service = FakeService::start(Takes::Multipart);
        service.next([Reply { retry_after: Some("1"), ..reply(status, "") }]);
        let world = World::with_wood(&[&service]);
        let images = [world.ask(1).await, world.ask(2).await];
        let _dispatcher = world.start();
        for image in images {
            world.until(image, Succeeded).await;
        }
        let calls = service.calls();
        // Two may have been under way when it said so.
        let last = calls.last().unwrap().began.duration_since(calls[0].began);
        assert!(last >= Duration::from_secs(1), "{status}: called again after {last:?}");
    }
}

#[tokio::test]
async fn what_one_service_asks_for_does_not_keep_a_job_from_another() {
    let services = [FakeService::start(Takes::Multipart), FakeService::start(Takes::Multipart)];
    services[0].usually(Reply { retry_after: Some("3600"), ..reply(500, "") });
    let world = World::with_wood(&[&services[0], &services[1]]);
    let images = [world.ask(1).await, world.ask(2).await];
    let _dispatcher = world.start();
    for image in images {
        world.until(image, Succeeded).await;
    }
    assert_eq!(services[0].calls().len(), 1);
}

#[tokio::test]
async fn a_dispatcher_that_did_not_run_for_a_while_does_not_blame_the_service() {
    let service = FakeService::start(Takes::Multipart);
    service.set_open(false);
    let mut world = World::with_wood(&[&service]);
    let timeout = Duration::from_secs(3);
    world.wood().timeout = Some(timeout);
    let image = world.ask(1).await;
    let _dispatcher = world.start();
    service.until_in_flight(1).await;
    // Nothing of this process runs meanwhile but the service, which has a thread of its own.
    std::thread::sleep(timeout + Duration::from_millis(1500));
    service.until_called(2).await;
    service.set_open(true);
    let job = world.until(image, Succeeded).await;
    assert_eq!((job.attempts, job.failures), (2, 0));
}
