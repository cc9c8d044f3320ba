//! The server is as it describes itself: schemathesis asks whatever the description allows, and
//! what it does not allow, and compares the answers with it.

use std::path::{Path, PathBuf};
use std::process::Command;

use photo_tests::program::Program;
use photo_tests::tools::venv;

use crate::system::Server;

/// What it needs.
const REQUIREMENTS: &str = include_str!("../../../schemathesis/requirements.txt");

/// Whoever is to be called back may be called, or a right request would be refused; nobody is
/// there.
const CALLBACKS: &str = "[callbacks]\n\
    secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n\
    allow = [\"127.0.0.1:1\"]\n";

#[test]
fn every_answer_is_as_described() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("photo.toml"), CALLBACKS).unwrap();
    let listen = ["--listen", "127.0.0.1:0"];
    let server = Server::new(Program::start("standalone", folder.path(), &listen));

    let settings = settings();
    let mut command = Command::new(python().with_file_name("schemathesis"));
    command
        .arg("--config-file")
        .arg(settings.join("schemathesis.toml"))
        .args(["run", "--no-color", &format!("{}/openapi.json", server.url)])
        .current_dir(folder.path())
        .env("PYTHONPATH", &settings)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let said = run(command);
    // It did not end well because there was nothing to do.
    assert!(said.contains("Tested: 31"), "{said}");
}

#[test]
fn every_example_is_as_described() {
    let document = settings().join("../../crates/api/openapi.json");
    let mut command = Command::new(python());
    command.arg(settings().join("examples.py")).arg(document);
    let said = run(command);
    assert!(said.contains("examples are right"), "{said}");
}

/// What a command says that ends well.
fn run(mut command: Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    said
}

fn settings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemathesis")
}

fn python() -> PathBuf {
    venv::python("schemathesis-venv", REQUIREMENTS)
}
