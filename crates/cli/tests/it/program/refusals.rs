//! What a person is told who uses it wrongly.

use crate::fake::{Fake, Fault};
use crate::run::Folder;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_told_with_what_to_do() {
    let folder = Folder::with_photos(1);
    for args in [&["models"][..], &["submit", "photos", "-m", "color"], &["results", "photos"]] {
        let done = folder.run("http://127.0.0.1:9", args).await;
        done.ends_with(3).says(&["cannot reach the server at http://127.0.0.1:9", "--server"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_models_are_told_and_nothing_is_sent() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(100));
    let done = folder.run(&fake.url, &["submit", "photos", "-m", "colour"]).await;
    done.ends_with(2).says(&[
        "Unknown models",
        "colour",
        "Did you mean color? Known models: color, shape, broken.",
    ]);
    assert!(fake.state().received.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_arguments_say_what_is_right() {
    let folder = Folder::with_photos(1);
    let run = async |args: &[&str]| folder.run("http://127.0.0.1:9", args).await;
    for (args, words) in [
        (&["submit", "photos"][..], "--model"),
        (&["submit", "-m", "color"], "PATH"),
        (&["submit", "nowhere", "-m", "color"], "nowhere does not exist"),
        (&["submit", "photos", "-m", "../color"], "A-Z"),
        (&["submit", "photos", "-m", "a", "--priority", "urgent"], "high, normal or low"),
        (&["submit", "photos", "-m", "a", "--uploads", "0"], "--uploads"),
        (&["submit", "photos", "-m", "a", "--format", "csv"], "goes with --wait"),
        (&["results"], "no photos are named"),
        (&["results", "--from", "nowhere"], "the list nowhere cannot be read: No such file"),
        (&["results", "--from", "photos/0000.bmp"], "line 1 of the list photos/0000.bmp"),
        (&["--server", "photos:5000", "models"], "http://host:port"),
        (&["--config", "nowhere", "models"], "no configuration file nowhere"),
    ] {
        let done = run(args).await;
        assert!(matches!(done.code, Some(1 | 2)), "{args:?}: {done:?}");
        done.says(&[words]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_and_the_environment_name_the_server() {
    let (fake, folder) = (Fake::start(), Folder::new());
    folder.write("photo.toml", format!("[photoctl]\nserver = {:?}\n", fake.url).as_bytes());
    let args = ["--config", "photo.toml", "models"];
    // The environment goes over the file, and the flag over both.
    folder.run("http://127.0.0.1:9", &args).await.ends_with(3);
    folder.run("http://127.0.0.1:9", &["models", "--server", &fake.url]).await.ends_with(0);
    folder.run_without_server(&["models"]).await.ends_with(0);
    folder.write("photo.toml", b"[photoctl]\nsever = \"x\"\n");
    folder.run(&fake.url, &["models"]).await.ends_with(2).says(&["did you mean `server`?"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_says_gives_the_terminal_no_orders() {
    let (fake, folder) = (Fake::start(), Folder::new());
    fake.fail("/models", Fault::Refuse(418, None));
    let done = folder.run(&fake.url, &["models"]).await;
    done.ends_with(3).says(&["It is refused for a test."]);
    let evil = "evil\u{1b}[2J.bmp";
    folder.write(evil, b"no photo");
    let done = folder.run(&fake.url, &["submit", ".", "-m", "color"]).await;
    done.ends_with(1).says(&["./evil\\u{1b}[2J.bmp is no photo"]);
}
