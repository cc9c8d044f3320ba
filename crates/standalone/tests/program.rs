//! The program itself: what it says before it begins.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

fn standalone(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_standalone")).args(args).current_dir(folder).output().unwrap()
}

#[test]
fn help_says_where_photos_are_kept_and_how_to_listen_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let output = standalone(folder.path(), &["--help"]);
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{help}");
    for words in ["data/images", "--listen", "fsck", "photo.sample.toml"] {
        assert!(help.contains(words), "{words} is not in {help}");
    }
}

#[test]
fn an_address_that_is_none_is_named_and_refused() {
    let folder = tempfile::tempdir().unwrap();
    let output = standalone(folder.path(), &["--listen", "nowhere"]);
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{log}");
    assert!(log.contains("nowhere"), "{log}");
}
