//! The Postman collection against the whole system.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use photo_tests::program::Program;
use photo_tests::tools::newman;
use serde_json::Value;

use crate::system::Server;

const COLLECTION: &str =
    include_str!("../../../../deploy/postman/PhotoAnalysisServer.postman_collection.json");
const README: &str = include_str!("../../../../README.md");

/// Where the collection is, and its environment and photos.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/postman").canonicalize().unwrap()
}

/// Every request of the collection: method, and path with variables.
fn requests() -> Vec<(String, String)> {
    let collection: Value = serde_json::from_str(COLLECTION).unwrap();
    let folders = collection["item"].as_array().unwrap();
    let items = folders.iter().flat_map(|folder| folder["item"].as_array().unwrap());
    let request = |item: &Value| {
        let request = &item["request"];
        let url = request["url"]["raw"].as_str().unwrap().trim_start_matches("{{server}}");
        let path = url.split('?').next().unwrap();
        (request["method"].as_str().unwrap().to_owned(), path.to_owned())
    };
    items.map(request).collect()
}

/// Runs a collection against a new server; answers how newman ended, what it said, and its report.
fn run(collection: &str) -> (ExitStatus, String, Value) {
    let work = tempfile::tempdir().unwrap();
    let work = work.path();
    let server = Server::new(Program::start("standalone", work, &["--listen", "127.0.0.1:0"]));
    let (file, report) = (work.join("collection.json"), work.join("report.json"));
    std::fs::write(&file, collection).unwrap();
    let mut command = newman::command();
    command.arg("run").arg(file).arg("--reporter-json-export").arg(&report);
    command.args(["--environment", "PhotoAnalysisServer.postman_environment.json"]);
    command.args(["--env-var", &format!("server={}", server.url)]);
    command.args(["--working-dir", ".", "--reporters", "cli,json", "--color", "off"]);
    let (status, said) = Program::spawn("newman", &folder(), command).ended();
    let report = std::fs::read(report).unwrap_or_else(|error| panic!("{error}: {said}"));
    (status, said, serde_json::from_slice(&report).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_of_the_collection_passes_its_tests() {
    let (status, said, report) = run(COLLECTION);
    assert!(status.success(), "{said}");
    let run = &report["run"];
    assert_eq!(run["failures"], Value::Array(Vec::new()), "{said}");
    let executions = run["executions"].as_array().unwrap();
    let mut made = BTreeSet::new();
    for execution in executions {
        let name = execution["item"]["name"].as_str().unwrap();
        let tests = execution["assertions"].as_array().map_or(0, Vec::len);
        assert!(tests > 0, "{name} has no test");
        made.insert(name);
    }
    assert_eq!(made.len(), requests().len(), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_fails_fails_the_run() {
    let wrong =
        COLLECTION.replacen("pm.response.to.have.status(202)", "pm.expect(1).to.equal(2)", 1);
    assert_ne!(wrong, COLLECTION);
    let (status, said, report) = run(&wrong);
    assert_eq!(status.code(), Some(1), "{said}");
    assert_eq!(report["run"]["failures"].as_array().unwrap().len(), 1, "{said}");
}

#[test]
fn every_request_of_the_readme_is_in_the_collection() {
    let made: BTreeSet<(String, String)> = requests().into_iter().collect();
    let told = README.split('`').skip(1).step_by(2).filter_map(|code| {
        let (method, path) = code.split_once(" /")?;
        let path = path.split('?').next()?.replace("<md5>", "{{image}}");
        let path = path.replace("<name>", "postman_demo");
        ["GET", "POST", "DELETE"].contains(&method).then(|| (method.to_owned(), format!("/{path}")))
    });
    let told: BTreeSet<(String, String)> = told.collect();
    assert!(told.len() >= 16, "the README's tables are written in another way: {told:?}");
    let missing: Vec<_> = told.difference(&made).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
