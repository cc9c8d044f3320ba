//! Every row of the table of refusals, from a real api; and that nothing stays behind.

use std::process::Command;

use photo_tests::photos::{bmp, bmp_of};
use photo_tests::program::{Program, binary};
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};

use crate::files::files;
use crate::system::{Server, System, form};

/// An upload that streams this many bytes of one BMP, without ever having them all in memory.
fn large_bmp(width: u32, height: u32) -> Form {
    let mut header = bmp_of(4, 1, 0)[..54].to_vec();
    header[18..22].copy_from_slice(&width.to_le_bytes());
    header[22..26].copy_from_slice(&height.to_le_bytes());
    let body = u64::from(width) * u64::from(height) * 3;
    let block = bytes::Bytes::from(vec![7; 1 << 20]);
    let blocks = (0..body.div_ceil(1 << 20)).map(move |n| {
        let left = body - n * (1 << 20);
        block.slice(..usize::try_from(left).unwrap_or(usize::MAX).min(block.len()))
    });
    let pieces = std::iter::once(bytes::Bytes::from(header)).chain(blocks);
    let stream = futures_util::stream::iter(pieces.map(Ok::<_, std::io::Error>));
    let part = Part::stream_with_length(reqwest::Body::wrap_stream(stream), 54 + body);
    Form::new().text("models", "noop").part("images", part.file_name("large.bmp"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_has_its_status_and_leaves_nothing_behind() {
    let mut system = System::start();
    system.configure(
        "[api]\nmax_images = 3\nmax_image_bytes = \"64KiB\"\nmax_pixels = 10000\n\
         [models]\nnoop = 1\nfull = { port = 1, max_queued = 0 }",
    );
    let api = system.api();
    let no_photo = b"hello, this is text".to_vec();
    let four: Vec<Vec<u8>> = (0..4).map(bmp).collect();
    let mut forms = vec![
        (form(&[], &["noop"]), 400),
        (form(&[bmp(1)], &[]), 400),
        (form(&[bmp(1)], &["noop", "nope", "nada"]), 400),
        (form(&[bmp(1), no_photo], &["noop"]), 415),
        (form(&four, &["noop"]), 413),
        (form(&[bmp_of(200, 200, 1)], &["noop"]), 413),
        (form(&[bmp_of(120, 120, 1)], &["noop"]), 413),
        (form(&[bmp(1)], &["full"]), 429),
    ];
    for (form, status) in forms.drain(..) {
        let response = api.post("/predict", form).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers().contains_key("retry-after"), status == 429);
        assert_eq!(files(&system.images()), Vec::<std::path::PathBuf>::new());
    }
    for (path, status) in [
        ("/predict/xyz", 400),
        ("/predict/d41d8cd98f00b204e9800998ecf8427e", 404),
        ("/images/d41d8cd98f00b204e9800998ecf8427e", 404),
        ("/nowhere", 404),
        ("/predict", 405),
    ] {
        assert_eq!(api.get(path).await.0, status, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_in_the_middle_leaves_nothing_behind() {
    use std::io::Write;
    let mut system = System::start();
    system.configure("[models]\nnoop = 1");
    let api = system.api();
    let mut stream = std::net::TcpStream::connect(api.address()).unwrap();
    let head = "POST /predict?models=noop HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\
                Content-Type: multipart/form-data; boundary=x\r\n\r\n\
                --x\r\nContent-Disposition: form-data; name=\"images\"; filename=\"a\"\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&bmp_of(1000, 700, 1)).unwrap();
    // It has begun to write the photo when the client goes.
    let begun = crate::system::wait_until(async || !files(&system.images()).is_empty());
    assert!(begun.await);
    drop(stream);
    let gone = crate::system::wait_until(async || files(&system.images()).is_empty());
    assert!(gone.await, "{:?}", files(&system.images()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_upload_does_not_move_the_memory_of_the_api() {
    let mut system = System::start();
    system.configure(
        "[api]\nmax_image_bytes = \"3GiB\"\nmax_pixels = 1000000000\n[models]\nnoop = 1",
    );
    let api = system.api();
    // Warm: buffers, threads and connections that every request needs.
    let (status, _) = api.predict(&[bmp_of(1000, 1000, 1)], &["noop"]).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let before = api.program.peak_memory();
    let response = api.post("/predict", large_bmp(16384, 5462)).await.unwrap();
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let grown = api.program.peak_memory() - before;
    assert!(grown < 32 << 20, "256 MiB moved the peak memory by {grown} bytes");
}

/// A limit on the size of files stands in for the full disk: it needs no privileges, and the api
/// treats both alike.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_so_and_once_there_is_room_all_goes_on() {
    let mut system = System::start();
    system.configure("[models]\nnoop = 1");
    let mut command = Command::new("sh");
    // 1,600 blocks of 512 bytes. The signal that comes with the error would end the program.
    command.args(["-c", "trap '' XFSZ && ulimit -S -f 1600 && exec \"$@\"", "sh"]);
    command.arg(binary("api")).args(system.flags()).args(["--listen", "127.0.0.1:0"]);
    let folder = system.folder("cwd");
    let api = Server::new(Program::spawn("api", &folder, command));

    let photos = [bmp_of(320, 240, 1), bmp_of(640, 480, 1)];
    let response = api.post("/predict", form(&photos, &["noop"])).await.unwrap();
    assert_eq!(response.status(), StatusCode::INSUFFICIENT_STORAGE);
    assert_eq!(response.headers()["retry-after"], "60");
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(files(&system.images()), Vec::<std::path::PathBuf>::new());
    // What there is room for is taken.
    let (status, body) = api.predict(&photos[..1], &["noop"]).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    let id = api.program.id().to_string();
    let freed = Command::new("prlimit").args(["--pid", &id, "--fsize=unlimited"]).status();
    assert!(freed.unwrap().success());
    let (status, body) = api.predict(&photos, &["noop"]).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_slow_clients_keep_nobody_from_uploading() {
    use std::io::Write;
    let mut system = System::start();
    system.configure("[api]\nmax_uploads = 300\n[models]\nnoop = 1");
    // Some machines allow 1,024 files, as many as are needed for this; all allow more if asked.
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -S -n 4096 && exec \"$@\"", "sh"]);
    command.arg(binary("api")).args(system.flags()).args(["--listen", "127.0.0.1:0"]);
    let folder = system.folder("cwd");
    let api = Server::new(Program::spawn("api", &folder, command));
    let body = "POST /predict?models=noop HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\
                Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n";
    let head = &body[..20];
    let slow: Vec<_> = (0..500)
        .map(|n| {
            let mut stream = std::net::TcpStream::connect(api.address()).unwrap();
            stream.write_all(if n % 2 == 0 { head } else { body }.as_bytes()).unwrap();
            stream
        })
        .collect();
    for seed in 0..20 {
        let (status, body) = api.predict(&[bmp(seed)], &["noop"]).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    }
    drop(slow);
}
