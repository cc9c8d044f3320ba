//! The receivers of callbacks in docs/CLIENTS.md: what they take, and what they refuse.

use std::path::Path;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use photo_tests::program::Program;
use reqwest::StatusCode;
use sha2::Sha256;

use crate::clients::documented::{colour, plain};
use crate::clients::programs::{run, start};
use crate::system::{Server, md5};

const RECEIVERS: [&str; 2] = ["receiver.py", "receiver.mjs"];
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER_SECRET: &str = "whsec_AfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY: &str = r#"{"image":"0123456789abcdef0123456789abcdef","status":"FAILED","results":{}}"#;

/// A receiver on a free port, and where it is.
fn receiver(folder: &Path, file: &str) -> (Program, String) {
    let program = start(folder, file, &["0"], &[("WEBHOOK_SECRET", SECRET)]);
    let url = program.wait_for_line("listening on ");
    (program, url)
}

/// A call that is about to be made.
struct Call {
    id: String,
    timestamp: u64,
    signature: String,
}

impl Call {
    /// One that is signed as it should be, this many seconds ago.
    fn signed(id: &str, seconds_ago: u64) -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let timestamp = now - seconds_ago;
        let key = STANDARD.decode(SECRET.trim_start_matches("whsec_")).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{id}.{timestamp}.{BODY}").as_bytes());
        let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        Self { id: id.to_owned(), timestamp, signature }
    }

    async fn to(&self, url: &str) -> StatusCode {
        self.with_body(url, BODY).await
    }

    async fn with_body(&self, url: &str, body: &'static str) -> StatusCode {
        let request = reqwest::Client::new().post(url).body(body);
        let request = request
            .header("webhook-id", &self.id)
            .header("webhook-timestamp", self.timestamp)
            .header("webhook-signature", &self.signature);
        request.send().await.unwrap().status()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn callbacks_of_the_server_are_verified_in_every_language() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let receivers = RECEIVERS.map(|file| receiver(folder, file));
    let hosts: Vec<_> =
        receivers.iter().map(|(_, url)| url.trim_start_matches("http://")).collect();
    let config = folder.join("photo.toml");
    let settings = format!("[callbacks]\nsecret = \"{SECRET}\"\nallow = {hosts:?}\n");
    std::fs::write(&config, settings).unwrap();
    let args = ["--listen", "127.0.0.1:0", "--config", config.to_str().unwrap()];
    let server = Server::new(Program::start("standalone", folder, &args));
    for (red, (program, url)) in (0..).zip(&receivers) {
        let photo = plain(red, 9);
        std::fs::write(folder.join("photo.jpg"), &photo).unwrap();
        let said = run(folder, &server.url, "callback.sh", &["photo.jpg", url]);
        assert_eq!(said.trim(), md5(&photo));
        let told = program.wait_for_line(&format!("verified: {} SUCCEEDED ", md5(&photo)));
        assert!(told.contains(&colour(red, 9)), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_can_be_tried_alone() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for file in RECEIVERS {
        let (program, url) = receiver(folder, file);
        let call =
            |secret| start(folder, "call.sh", &[&url], &[("WEBHOOK_SECRET", secret)]).ended();
        let (status, said) = call(SECRET);
        assert!(status.success() && said.contains("204"), "{file}: {said}");
        program.wait_for_line("verified: 00000000000000000000000000000000 SUCCEEDED");
        let (status, said) = call(OTHER_SECRET);
        assert!(!status.success() && said.contains("401"), "{file}: {said}");
        program.wait_for_line("refused: ");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forged_changed_or_old_is_refused_and_what_is_repeated_is_known() {
    let folder = tempfile::tempdir().unwrap();
    for file in RECEIVERS {
        let (program, url) = receiver(folder.path(), file);
        let good = || Call::signed("msg_1", 0);
        let signed = |signature: &str| Call { signature: signature.to_owned(), ..good() };
        let forged = [
            Call { id: "msg_2".to_owned(), ..good() },
            Call { timestamp: good().timestamp - 1, ..good() },
            signed(""),
            signed("v1,"),
            signed("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
            signed(&good().signature.replace("v1,", "v2,")),
            Call::signed("msg_3", 6 * 60),
        ];
        for call in &forged {
            assert_eq!(call.to(&url).await, 401, "{file} took {} {}", call.id, call.signature);
        }
        assert_eq!(good().with_body(&url, "{}").await, 401, "{file} took another body");
        let bare = reqwest::Client::new().post(&url).body(BODY).send().await.unwrap();
        assert_eq!(bare.status(), 401, "{file} took what is not signed");
        assert!(!program.log().contains("verified"), "{}", program.log());

        // Beside another one, as it is while a secret is being replaced, and a little late.
        let late = Call::signed("msg_1", 60);
        let both = format!("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= {}", late.signature);
        assert_eq!(Call { signature: both, ..late }.to(&url).await, 204, "{file}");
        program.wait_for_line("verified: 0123456789abcdef0123456789abcdef FAILED");
        assert_eq!(good().to(&url).await, 204, "{file}");
        program.wait_for_line("seen before: msg_1");
        assert_eq!(program.log().matches("verified").count(), 1, "{}", program.log());
    }
}
