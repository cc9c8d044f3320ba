//! More than the API takes on at the same time, and clients that take their time.

use std::time::Duration;

use photo_core::job::Ending;
use photo_tests::photos::{bmp, bmp_of};
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use serde_json::json;
use serde_json::value::RawValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::app::{App, form, json_of, md5, problem};

/// How long a test waits for what must happen.
const DEADLINE: Duration = Duration::from_secs(50);

/// A client that speaks HTTP by hand, and slowly.
struct SlowClient(TcpStream);

impl SlowClient {
    /// One that has sent this much.
    async fn begin(app: &App, text: &[u8]) -> Self {
        let address = app.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text).await.unwrap();
        Self(stream)
    }

    /// One that was let in and is in the middle of a photo, of which `bytes` were sent.
    async fn in_a_photo(app: &App, bytes: usize) -> Self {
        let photo = bmp_of(200, 200, 1);
        let head = "POST /predict?models=sharpness HTTP/1.1\r\nHost: localhost\r\n\
             Content-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked\r\n\
             Expect: 100-continue\r\n\r\n";
        let part = "--x\r\nContent-Disposition: form-data; name=\"images\"; filename=\"a\"\r\n\r\n";
        let content = [part.as_bytes(), &photo[..bytes]].concat();
        let chunk = format!("{:x}\r\n", content.len());
        let mut client = Self::begin(app, head.as_bytes()).await;
        // It is told to go on in the same step in which it is let in.
        let expected = b"HTTP/1.1 100 Continue\r\n\r\n";
        let mut answer = [0; 25];
        client.0.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, expected);
        let text = [chunk.as_bytes(), &content, b"\r\n"].concat();
        client.0.write_all(&text).await.unwrap();
        client
    }

    /// Goes on with one byte now and then, until the server has had enough; answers what it said
    /// before it closed the connection.
    async fn dribble(self, bytes: &[u8]) -> String {
        let (mut read, mut write) = self.0.into_split();
        let mut answer = Vec::new();
        let dribbling = async {
            let mut pauses = tokio::time::interval(Duration::from_millis(100));
            // Once it is cut off there is nothing left to do but to read.
            while write.write_all(bytes).await.is_ok() {
                pauses.tick().await;
            }
            std::future::pending::<()>().await;
        };
        let reading = async {
            let mut buffer = [0; 4096];
            while !answer.ends_with(b"}") {
                match read.read(&mut buffer).await {
                    Ok(0) | Err(_) => break,
                    Ok(len) => answer.extend_from_slice(&buffer[..len]),
                }
            }
        };
        let cut_off = async {
            tokio::select! {
                () = reading => {}
                () = dribbling => {}
            }
        };
        let waited = tokio::time::timeout(DEADLINE, cut_off).await;
        waited.expect("the server is still patient");
        String::from_utf8(answer).unwrap()
    }
}

/// Uploads until the answer has this status, and answers the last body.
async fn upload_until(app: &App, status: StatusCode, photo: &[u8]) -> serde_json::Value {
    let mut pauses = tokio::time::interval(Duration::from_millis(20));
    let uploads = async {
        loop {
            let answer = app.predict_at("/predict?models=sharpness", form(&[photo.to_vec()], &[]));
            let answer = answer.await;
            if answer.status() == status {
                return answer;
            }
            pauses.tick().await;
        }
    };
    let answer = tokio::time::timeout(DEADLINE, uploads).await.unwrap();
    if status == StatusCode::TOO_MANY_REQUESTS {
        assert_eq!(answer.headers()["retry-after"], "1");
    }
    json_of(answer, status).await
}

#[actix_web::test]
async fn an_upload_beyond_the_limit_is_refused_and_all_else_goes_on() {
    let app = App::start_with(&json!({"api": {"max_uploads": 1}}));
    let first = SlowClient::in_a_photo(&app, 100).await;
    let body = upload_until(&app, StatusCode::TOO_MANY_REQUESTS, &bmp(2)).await;
    assert_eq!(body["title"], "Too many uploads");
    // A client that has much to send hears it too.
    let large: Vec<_> = (0..8).map(|seed| bmp_of(1024, 1024, seed)).collect();
    let answer = app.predict(form(&large, &["sharpness"])).await;
    problem(answer, StatusCode::TOO_MANY_REQUESTS).await;
    assert_eq!(app.get("/models").await.status(), StatusCode::OK);
    drop(first);
    upload_until(&app, StatusCode::ACCEPTED, &bmp(2)).await;
}

#[actix_web::test]
async fn an_upload_without_room_is_refused_before_its_head_is_there_and_its_body_is_not_read() {
    let app = App::start_with(&json!({"api": {"max_uploads": 1}}));
    let first = SlowClient::in_a_photo(&app, 100).await;
    let SlowClient(mut refused) = SlowClient::begin(&app, b"POST /predict?models=sharp").await;
    let (mut answer, mut sent) = (String::new(), 0);
    let told = tokio::time::timeout(DEADLINE, refused.read_to_string(&mut answer)).await;
    told.unwrap().unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 429 Too Many Requests\r\n"), "{head}");
    for line in ["connection: close", "retry-after: 1", "content-type: application/problem+json"] {
        assert!(head.split("\r\n").any(|it| it == line), "{head}");
    }
    assert!(head.ends_with(&format!("content-length: {}", body.len())), "{head}");
    assert!(body.contains("Too many uploads"), "{body}");
    assert_eq!(app.get("/health/live").await.status(), StatusCode::OK);
    // It may go on, but is cut off long before it has sent this much.
    let cut_off = async {
        while sent < 1 << 30 && refused.write_all(&vec![b'x'; 1 << 16]).await.is_ok() {
            sent += 1 << 16;
        }
    };
    tokio::time::timeout(DEADLINE, cut_off).await.unwrap();
    assert!(sent < 1 << 30, "a body of 1 GiB was read");
    drop(first);
    upload_until(&app, StatusCode::ACCEPTED, &bmp(2)).await;
}

/// Its queue full, a model finishes two jobs a second: whoever is told to wait finds room then, and
/// not before.
#[actix_web::test]
async fn a_full_queue_says_truly_when_there_is_room() {
    const LIMIT: u64 = 200;
    const WANTED: u32 = 60;
    const ENDED: u32 = 20;
    const SPAN: Duration = Duration::from_secs(10);
    let app = App::start_with(&json!({"model_defaults": {"max_queued": LIMIT}}));
    let photos = |from: u64, count: u64| (from..from + count).map(bmp).collect::<Vec<_>>();
    let upload = async || app.predict(form(&photos(LIMIT, WANTED.into()), &["sharpness"])).await;
    let began = app.clock.instant();
    let answer = app.predict(form(&photos(0, LIMIT), &["sharpness"])).await;
    json_of(answer, StatusCode::ACCEPTED).await;
    assert_eq!(upload().await.headers()["retry-after"], "30", "nothing is known yet");

    let jobs = app.claim("sharpness").await;
    let succeeded = || Ending::Succeeded(RawValue::from_string("1".to_owned()).unwrap());
    let jobs_in_the_way = &jobs[..WANTED as usize];
    let (ended, others) = jobs_in_the_way.split_at(ENDED as usize);
    app.end_all(ended, succeeded()).await;
    app.clock.advance(SPAN);
    let answer = upload().await;
    let answered = app.clock.instant();
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    let told: f64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    // As the rate was since the server looked last, when the queue was filled or later.
    let wait = |time: Duration| f64::from(WANTED - ENDED) * time.as_secs_f64() / f64::from(ENDED);
    let range = wait(SPAN)..=wait(answered - began).ceil();
    assert!(range.contains(&told), "{told} s where {range:?} s are true");

    // At that rate all but one of those in the way have ended a moment before, and then all.
    let (last, others) = others.split_last().unwrap();
    app.end_all(others, succeeded()).await;
    assert_eq!(upload().await.status(), StatusCode::TOO_MANY_REQUESTS);
    app.end(last, succeeded()).await;
    assert_eq!(upload().await.status(), StatusCode::ACCEPTED);
}

#[actix_web::test]
async fn bytes_on_their_way_in_are_limited_over_all_uploads() {
    let app = App::start_with(&json!({"api": {"max_spool_bytes": "20kB"}}));
    // 55 * 55 pixels are 9 kB.
    let photo = bmp_of(55, 55, 2);
    // Whichever of the two is read last is refused. If that is not the upload it begins anew.
    let refused = async {
        loop {
            let _first = SlowClient::in_a_photo(&app, 15_000).await;
            let answer = app.predict(form(std::slice::from_ref(&photo), &["sharpness"])).await;
            if answer.status() == StatusCode::TOO_MANY_REQUESTS {
                return json_of(answer, StatusCode::TOO_MANY_REQUESTS).await;
            }
        }
    };
    let body = tokio::time::timeout(DEADLINE, refused).await.unwrap();
    assert_eq!(body["title"], "Too many bytes under way");
    upload_until(&app, StatusCode::ACCEPTED, &photo).await;
}

#[actix_web::test]
async fn what_is_larger_than_all_uploads_may_be_is_not_asked_to_come_back() {
    let app = App::start_with(&json!({"api": {"max_spool_bytes": "20kB"}}));
    let photo = bmp_of(100, 100, 1);
    let announced = form(std::slice::from_ref(&photo), &["sharpness"]);
    let stream = futures_util::stream::iter([Ok::<_, std::io::Error>(photo)]);
    let part = Part::stream(reqwest::Body::wrap_stream(stream)).file_name("photo.bmp");
    let unannounced = Form::new().text("models", "sharpness").part("images", part);
    for form in [announced, unannounced] {
        let body = problem(app.predict(form).await, StatusCode::PAYLOAD_TOO_LARGE).await;
        assert_eq!(body["title"], "Request too large");
        app.assert_untouched().await;
    }
}

#[actix_web::test]
async fn a_client_that_dribbles_is_cut_off() {
    let app = App::start_with(&json!({"api": {"upload_patience": "2s"}}));
    let answer = SlowClient::in_a_photo(&app, 100).await.dribble(b"1\r\nx\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
    let gone = async {
        while !app.image_files().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, gone).await.unwrap();
    app.assert_untouched().await;
}

#[actix_web::test]
async fn a_slow_client_makes_room_if_it_is_in_the_way() {
    // Alone it would have longer than the test waits.
    let app = App::start_with(&json!({"api": {"max_uploads": 1, "upload_patience": "60s"}}));
    let slow = SlowClient::in_a_photo(&app, 100).await;
    upload_until(&app, StatusCode::TOO_MANY_REQUESTS, &bmp(2)).await;
    let answer = slow.dribble(b"1\r\nx\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    upload_until(&app, StatusCode::ACCEPTED, &bmp(2)).await;
}

const LIVE: &[u8] = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[actix_web::test]
async fn a_head_that_dribbles_and_an_idle_connection_are_closed() {
    let app = App::start();
    let begun = SlowClient::begin(&app, b"POST /predict HTTP/1.1\r\nHost: localhost\r\nX: ").await;
    let mut idle = SlowClient::begin(&app, LIVE).await.0;
    let mut silent = SlowClient::begin(&app, b"").await.0;
    let mut answers = [Vec::new(), Vec::new()];
    let [first, second] = &mut answers;
    let closed = async {
        tokio::join!(begun.dribble(b"x"), idle.read_to_end(first), silent.read_to_end(second))
    };
    let (head, idle, silent) = tokio::time::timeout(DEADLINE, closed).await.unwrap();
    assert!(head.starts_with("HTTP/1.1 408 "), "{head}");
    assert!(idle.is_ok() && answers[0].starts_with(b"HTTP/1.1 200 "));
    // Cut off or told why: either way it is over.
    let _ = silent;
}

#[actix_web::test]
async fn a_client_that_was_answered_may_not_take_for_ever_over_its_next_head_either() {
    let app = App::start();
    let second_head = async || {
        let SlowClient(mut stream) = SlowClient::begin(&app, LIVE).await;
        let mut answer = Vec::new();
        while !answer.ends_with(b"}") {
            assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0);
        }
        stream.write_all(b"GET /models HTTP/1.1\r\nX: ").await.unwrap();
        SlowClient(stream)
    };
    let (dribbling, SlowClient(mut silent)) = (second_head().await, second_head().await);
    let mut answer = Vec::new();
    let closed = async { tokio::join!(dribbling.dribble(b"x"), silent.read_to_end(&mut answer)) };
    let (dribbled, _) = tokio::time::timeout(DEADLINE, closed).await.unwrap();
    assert_eq!((dribbled.len(), answer.len()), (0, 0));
}

#[actix_web::test]
async fn a_client_that_stops_reading_is_cut_off() {
    let app = App::start_with(&json!({"api": {"upload_patience": "1s"}}));
    // More than both ends of the connection keep for it.
    let photo = bmp_of(4_000, 4_000, 1);
    let bytes = photo.len();
    let image = md5(&photo);
    json_of(app.predict(form(&[photo], &["sharpness"])).await, StatusCode::ACCEPTED).await;
    let request = format!("GET /images/{image} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let SlowClient(mut stream) = SlowClient::begin(&app, request.as_bytes()).await;
    // What it says is refused once the connection is gone.
    let mut pauses = tokio::time::interval(Duration::from_millis(100));
    let gone = async {
        while stream.write_all(b"x").await.is_ok() {
            pauses.tick().await;
        }
    };
    tokio::time::timeout(DEADLINE, gone).await.expect("it is cut off");
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert!(rest.len() < bytes, "all was sent before it was cut off");
}

#[actix_web::test]
async fn a_client_that_reads_slowly_is_cut_off() {
    let limits = json!({"api": {"upload_patience": "2s", "min_download_rate": "1MiB"}});
    let app = App::start_with(&limits);
    let photo = bmp_of(4_000, 4_000, 1);
    let (bytes, image) = (photo.len(), md5(&photo));
    json_of(app.predict(form(&[photo], &["sharpness"])).await, StatusCode::ACCEPTED).await;
    let request = format!("GET /images/{image} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let SlowClient(mut stream) = SlowClient::begin(&app, request.as_bytes()).await;
    // A third of what it may be at least: too much to have stopped, and two minutes for all of it.
    let (mut part, mut read) = (vec![0; 16 << 10], 0);
    let mut pauses = tokio::time::interval(Duration::from_millis(50));
    let reading = async {
        while let Ok(len @ 1..) = stream.read(&mut part).await {
            read += len;
            pauses.tick().await;
        }
    };
    tokio::time::timeout(DEADLINE, reading).await.expect("it is cut off");
    assert!(read < bytes, "all was sent before it was cut off");
}
