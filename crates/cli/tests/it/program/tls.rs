//! A server that is reached by https.

use photo_tests::tls::{TlsFront, certificate};

use crate::fake::Fake;
use crate::run::Folder;

/// What becomes of a submission that waits for its results.
const SUBMIT: [&str; 6] = ["submit", "photos", "-m", "color", "--wait", "--json"];

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_certificate_is_trusted_is_spoken_to() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(30));
    let file = folder.path().join("trusted.pem");
    let front = TlsFront::start(&fake.url, &file).await;
    let done = folder.run_trusting(&file, &front.url, &SUBMIT).await;
    done.ends_with(0).says(&["30 photos done: 30 succeeded"]);
    assert_eq!(done.json_lines().len(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_trusted_is_told_at_once_and_in_words() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(1));
    let (file, other) = (folder.path().join("own.pem"), folder.path().join("other.pem"));
    let front = TlsFront::start(&fake.url, &file).await;
    certificate(&other);
    for args in [&["models"][..], &SUBMIT, &["results", "photos"]] {
        let done = folder.run_trusting(&other, &front.url, args).await;
        done.ends_with(3).says(&[
            &format!("cannot be sure of the server at {}: ", front.url),
            "does not trust its certificate",
            "SSL_CERT_FILE",
        ]);
        assert!(!done.stderr.contains("trying again"), "{}", done.stderr);
    }
    assert!(fake.state().received.is_empty());

    let by_number = front.url.replace("localhost", "127.0.0.1");
    let done = folder.run_trusting(&file, &by_number, &["models"]).await;
    done.ends_with(3).says(&["its certificate is not for 127.0.0.1 but for localhost"]);
    let empty = folder.write("empty.pem", b"");
    let done = folder.run_trusting(&empty, &front.url, &["models"]).await;
    done.ends_with(3).says(&["this machine trusts no certificate"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_is_told_from_one_that_is_away() {
    let (fake, folder) = (Fake::start(), Folder::new());
    let url = fake.url.replace("http://", "https://");
    let done = folder.run_trusting(&folder.write("empty.pem", b""), &url, &["models"]).await;
    done.ends_with(3).says(&["does not speak TLS", "http://"]);
}
