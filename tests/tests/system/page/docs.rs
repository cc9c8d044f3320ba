//! The API's reference, as a person reads it.

use photo_tests::program::Program;
use serde_json::{Value, json};

use crate::page::chromium::browse;
use crate::system::Server;

#[tokio::test(flavor = "multi_thread")]
async fn every_described_operation_is_in_the_reference() {
    let folder = tempfile::tempdir().unwrap();
    let listen = ["--listen", "127.0.0.1:0"];
    let server = Server::new(Program::start("standalone", folder.path(), &listen));
    let (_, document) = server.get("/openapi.json").await;
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (format!("{method} {path}"), operation))
    });
    let operations: Vec<(String, &Value)> = operations.collect();
    assert!(operations.len() > 20, "{document:#}");

    browse(&format!("{}/docs", server.url), async |page| {
        page.wait_for("document.documentElement.dataset.ready === ''").await;
        let shown: u32 = page.run("return document.querySelectorAll('.operation').length").await;
        assert_eq!(shown as usize, operations.len());
        for (name, operation) in &operations {
            let article = format!("[data-operation={}]", json!(name));
            let [text] = &page.texts(&article).await[..] else { panic!("{name} is there once") };
            // Names between backticks are shown in another font.
            let summary = operation["summary"].as_str().unwrap().replace('`', "");
            assert!(text.contains(&summary), "{name}: {text}");
            assert!(text.contains("curl "), "{name}: {text}");
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let named = parameters.map(|it| it["name"].as_str().unwrap());
            let statuses = operation["responses"].as_object().unwrap().keys();
            for word in named.chain(statuses.map(String::as_str)) {
                assert!(text.contains(word), "{name} lacks {word}: {text}");
            }
        }
        let entries = page.texts("#contents a").await;
        assert_eq!(entries.len(), operations.len());
        page.assert_no_complaints().await;
    })
    .await;
}
