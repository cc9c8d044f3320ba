//! The description of the API is complete, true and written down.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::app::{App, json_of};

/// What is made for people and not described.
const PAGES: [&str; 3] = ["/page/{file:.+}", "/docs", "/docs/"];

/// The methods of every path in a document.
fn described(document: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let paths = document["paths"].as_object().unwrap().iter();
    let methods =
        |path: &Value| path.as_object().unwrap().keys().map(|it| it.to_uppercase()).collect();
    paths.map(|(path, operations)| (path.clone(), methods(operations))).collect()
}

#[test]
fn every_route_is_described() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server/routes.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let routes = source.split_once("fn configure").unwrap().1.split_once("\n}\n").unwrap().0;
    // Every text that begins with a slash is a path.
    let paths = routes.split('"').filter(|text| text.starts_with('/')).map(str::to_owned);
    let routes: BTreeSet<String> = paths.filter(|path| !PAGES.contains(&path.as_str())).collect();
    assert!(routes.contains("/predict/{image}"), "{routes:?}");
    let document = photo_api::openapi_document();
    assert_eq!(routes, described(&document).into_keys().collect());
}

#[tokio::test]
async fn every_described_path_answers_to_the_described_methods_and_no_others() {
    let app = App::start();
    for (path, methods) in described(&photo_api::openapi_document()) {
        let path = path.replace("{image}", &"0".repeat(32)).replace("{model}", "sharpness");
        let url = format!("{}{path}", app.url);
        let answer = app.client.request(Method::PUT, url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        let allowed = answer.headers()["allow"].to_str().unwrap();
        let allowed: BTreeSet<String> = allowed.split(", ").map(str::to_owned).collect();
        assert_eq!(allowed, methods, "{path}");
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_operation_has_a_name_of_its_own() {
    fn walk(value: &Value, document: &Value, names: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    let target = document.pointer(reference.trim_start_matches('#'));
                    assert!(target.is_some(), "{reference}");
                }
                // A link names another operation.
                let is_operation = members.contains_key("responses");
                if let Some(Value::String(name)) =
                    members.get("operationId").filter(|_| is_operation)
                {
                    names.push(name.clone());
                }
                members.values().for_each(|member| walk(member, document, names));
            }
            Value::Array(values) => values.iter().for_each(|value| walk(value, document, names)),
            _ => {}
        }
    }
    let document = photo_api::openapi_document();
    let mut names = Vec::new();
    walk(&document, &document, &mut names);
    let operations: usize = described(&document).values().map(BTreeSet::len).sum();
    assert_eq!(names.len(), operations);
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), operations, "{names:?}");
}

#[test]
fn the_copy_in_the_source_tree_is_up_to_date() {
    let copy = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let copy = std::fs::read_to_string(copy).unwrap();
    assert!(
        serde_json::from_str::<Value>(&copy).unwrap() == photo_api::openapi_document(),
        "the API was changed: cargo run -p photo-api -- openapi > crates/api/openapi.json"
    );
}

#[tokio::test]
async fn the_document_is_served_and_what_a_client_has_is_not_sent_again() {
    let app = App::start();
    let first = app.get("/openapi.json").await;
    let tag = first.headers()["etag"].clone();
    assert_eq!(first.headers()["content-type"], "application/json");
    assert_eq!(json_of(first, StatusCode::OK).await, photo_api::openapi_document());

    let request = app.client.get(format!("{}/openapi.json", app.url));
    let again = request.header("if-none-match", tag.clone()).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(again.headers()["etag"], tag);
}
