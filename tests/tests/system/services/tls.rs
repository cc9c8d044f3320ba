//! Model services that are reached by https.

use std::path::Path;
use std::process::Command;

use photo_tests::program::{Program, binary};
use photo_tests::tls::TlsFront;
use serde_json::json;

use crate::system::{Server, System, jpeg, md5};

/// A program of the system that trusts the certificates in a file, and no others.
fn trusting(system: &System, name: &str, certificates: &Path, flags: &[&str]) -> Program {
    let mut command = Command::new(binary(name));
    command.args(system.flags()).args(flags).env("SSL_CERT_FILE", certificates);
    Program::spawn(name, &system.folder("cwd"), command)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_reached_by_https_once_its_certificate_is_trusted() {
    let mut system = System::start();
    let files = system.folder("tls");
    let (trusted, strange) = (files.join("trusted.pem"), files.join("strange.pem"));
    let [color, sharpness] =
        ["average_color", "sharpness"].map(|it| system.model(&["--model", it]));
    let configured = TlsFront::start(&color.url, &trusted).await;
    let announced = TlsFront::start(&sharpness.url, &strange).await;
    system.configure(&format!("[models]\naverage_color = \"{}\"", configured.url));
    let all = [&trusted, &strange].map(|file| std::fs::read_to_string(file).unwrap()).concat();
    let both = files.join("both.pem");
    std::fs::write(&both, all).unwrap();

    let announcement = json!({"name": "sharpness", "socket": announced.url});
    let listen = ["--listen", "127.0.0.1:0"];
    let api = Server::new(trusting(&system, "api", &trusted, &listen));
    let answer = api.post_json("/model/register", &announcement).await.unwrap();
    let answer: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(answer["status"], "failure", "{answer}");
    let api = Server::new(trusting(&system, "api", &both, &listen));
    let answer = api.post_json("/model/register", &announcement).await.unwrap();
    let answer: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(answer["status"], "success", "{answer}");

    let image = md5(&jpeg(1));
    api.predict(&[jpeg(1)], &["average_color", "sharpness"]).await;
    let dispatcher = trusting(&system, "dispatcher", &trusted, &[]);
    let waits_for_trust = api.wait_for_image(&image, |view| {
        let waits = view["jobs"]["sharpness"]["waiting"]["reason"].as_str().unwrap_or_default();
        view["jobs"]["average_color"]["state"] == "SUCCEEDED" && waits.contains("SSL_CERT_FILE")
    });
    waits_for_trust.await;
    assert!(dispatcher.stop().success());
    let _dispatcher = trusting(&system, "dispatcher", &both, &[]);
    let view = api.wait_for_end(&image).await;
    assert_eq!(view["status"], "SUCCEEDED", "{view:#}");
}
