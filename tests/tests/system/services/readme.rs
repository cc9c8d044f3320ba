//! The model service that README.md shows, as it stands there.

use std::process::Command;

use photo_tests::program::Program;

use crate::system::{Server, jpeg, md5};

const README: &str = include_str!("../../../../README.md");

/// What the service is started by at the end, but for its port: the test has a free one chosen and
/// told.
const START: &str = "5005), Model)\n";

#[tokio::test(flavor = "multi_thread")]
async fn the_service_of_the_readme_is_a_model() {
    let text = README.split("```python\n").nth(1).and_then(|text| text.split("```").next());
    let text = text.expect("the README shows a service");
    assert!(text.contains(START), "{text}");
    let text =
        text.replace(START, "0), Model)\nprint('at port', server.server_port, flush=True)\n");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("size.py"), text).unwrap();
    let mut python = Command::new("python3");
    python.arg("size.py");
    let service = Program::spawn("size.py", folder.path(), python);
    let model = format!("size={}", service.wait_for_line("at port "));

    let args = ["--listen", "127.0.0.1:0", "--no-example-models", "--model", &model];
    let server = Server::new(Program::start("standalone", folder.path(), &args));
    let (status, body) = server.predict(&[jpeg(1)], &["size"]).await;
    assert_eq!(status, 202, "{body}");
    let image = md5(&jpeg(1));
    let view = &server.wait_for_all(std::slice::from_ref(&image)).await[&image];
    assert_eq!(view["results"]["size"]["bytes"], jpeg(1).len(), "{view:#}");
}
