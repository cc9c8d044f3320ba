//! Completions, the manual, and the help.

use crate::run::Folder;

const COMMANDS: [&str; 12] = [
    "submit",
    "status",
    "wait",
    "results",
    "models",
    "queues",
    "retry",
    "cancel",
    "failures",
    "fsck",
    "completions",
    "man",
];

async fn written(args: &[&str]) -> String {
    Folder::new().run("http://127.0.0.1:9", args).await.ends_with(0).stdout.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn shells_are_told_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = written(&["completions", shell]).await;
        assert!(COMMANDS.iter().all(|name| script.contains(name)), "{shell}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_manual_has_a_page_for_every_command_and_the_exit_codes() {
    let page = written(&["man"]).await;
    assert!(page.contains(".TH photoctl") && page.contains("130"), "{page}");
    let folder = Folder::new();
    folder.run("http://127.0.0.1:9", &["man", "--dir", "pages"]).await.ends_with(0);
    for name in COMMANDS {
        let page = folder.path().join(format!("pages/photoctl-{name}.1"));
        assert!(page.is_file(), "{}", page.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn help_says_what_to_type_and_what_exit_codes_mean() {
    let help = written(&["--help"]).await;
    for words in ["photoctl submit photos/", "Exit codes:", "PHOTO_SERVER"] {
        assert!(help.contains(words), "{help}");
    }
    assert!(COMMANDS.iter().all(|name| help.contains(&format!("\n  {name} "))), "{help}");
}
