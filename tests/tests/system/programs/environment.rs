//! Programs as their operating system and their shell see them.

use std::process::{Command, Stdio};

use photo_tests::program::{Program, binary};

#[test]
fn standalone_runs_although_its_standard_output_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$0\" --listen 127.0.0.1:0 --no-example-models >/dev/full"]);
    shell.arg(binary("standalone"));
    let program = Program::spawn("standalone", folder.path(), shell);
    program.wait_for_line("the greeting cannot be written");
    assert!(program.stop().success());
}

#[test]
fn a_reader_that_has_read_enough_is_no_failure() {
    let mut printing = Command::new(binary("api"))
        .arg("openapi")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Nobody reads more than a pipe holds, which is less than the document.
    drop(printing.stdout.take());
    let printed = printing.wait_with_output().unwrap();
    assert!(printed.status.success() && printed.stderr.is_empty(), "{printed:?}");
}

#[test]
fn sighup_ends_no_program() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start("standalone", folder.path(), &["--listen", "127.0.0.1:0"]);
    program.wait_for_line("listening on ");
    program.signal("HUP");
    program.wait_for_line("SIGHUP is ignored");
    assert!(program.stop().success());
}

#[test]
fn programs_tell_their_versions_under_their_own_names() {
    for name in ["api", "dispatcher", "standalone", "example-model", "photoctl"] {
        let told = Command::new(binary(name)).arg("--version").output().unwrap();
        let told = String::from_utf8(told.stdout).unwrap();
        assert!(told.starts_with(&format!("{name} ")), "{told}");
    }
}
