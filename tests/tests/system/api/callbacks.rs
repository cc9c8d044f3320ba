//! Whoever asked to be told is told, whatever dies in between.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use photo_tests::http;
use photo_tests::program::{Program, binary};
use photo_tests::tls::certificate;
use reqwest::StatusCode;
use serde_json::Value;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::system::{Server, System, form, jpeg, md5};

/// An api that trusts a certificate.
fn api_that_trusts(system: &System, certificate: &Path) -> Server {
    let mut command = Command::new(binary("api"));
    command.args(system.flags()).args(["--listen", "127.0.0.1:0"]);
    command.env("SSL_CERT_FILE", certificate);
    Server::new(Program::spawn("api", &system.folder("cwd"), command))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_outlives_the_api_it_was_asked_of_and_a_restart_of_redis() {
    let mut system = System::start();
    let _models = system.two_models();
    let file = system.folder("tls").join("certificate.pem");
    let acceptor = certificate(&file);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = format!("localhost:{}", listener.local_addr().unwrap().port());
    system.configure(&format!(
        "[callbacks]\nsecret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\nallow = [\"{host}\"]\n\
         allow_private = true"
    ));
    let asked = api_that_trusts(&system, &file);
    let photo = jpeg(1);
    let form = form(std::slice::from_ref(&photo), &["average_color", "perceptual_hash"]);
    let answer = asked.post("/predict", form.text("callback", format!("https://{host}/hook")));
    assert_eq!(answer.await.unwrap().status(), StatusCode::ACCEPTED);
    asked.program.kill();
    system.redis.kill();
    system.redis.restart();

    let other = api_that_trusts(&system, &file);
    let _dispatcher = system.dispatcher();
    let called = async {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(acceptor.accept(stream).await.unwrap());
            if let Some(request) = http::read(&mut stream).await.unwrap() {
                stream.write_all(http::text(200, "{}").as_bytes()).await.unwrap();
                return request;
            }
        }
    };
    let called = timeout(Duration::from_mins(1), called).await.unwrap();
    assert!(called.header("webhook-signature").unwrap().starts_with("v1,"));
    let body: Value = serde_json::from_slice(&called.body).unwrap();
    assert_eq!(body, other.wait_for_end(&md5(&photo)).await);
}
