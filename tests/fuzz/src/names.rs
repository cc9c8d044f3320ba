//! Names and addresses from outside: each is refused, or has one spelling that is safe wherever it
//! goes.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use photo_config::{ImagesUrl, ServiceUrl, StorePrefix, StoreUrl};
use photo_core::ImageInfo;
use photo_core::job::Priority;
use photo_core::{ImageKey, JobError, JobId, ModelName, Sha256Digest};

/// A password.
const SECRET: &str = "hunter2hunter2";

/// Whatever parses prints as it was written, and has only characters that need no escaping in a
/// path, a key or a log line.
pub fn check(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else {
        // Records are read from bytes.
        assert!(serde_json::from_slice::<ImageInfo>(input).is_err());
        return;
    };
    one_spelling::<ModelName>(text, "._-");
    one_spelling::<ImageKey>(text, "");
    one_spelling::<Sha256Digest>(text, "");
    one_spelling::<JobId>(text, "/._-");
    if let Ok(priority) = text.parse::<Priority>() {
        assert_eq!(serde_json::to_value(priority).expect("a word"), text);
    }
    if let Ok(prefix) = StorePrefix::try_from(text.to_owned()) {
        assert_safe(prefix.as_str(), "._-");
    }
    check_addresses(text);
    if let Ok(record) = serde_json::from_str::<ImageInfo>(text) {
        let json = serde_json::to_string(&record).expect("a record is JSON");
        assert_eq!(serde_json::from_str::<ImageInfo>(&json).expect("and reads back"), record);
        assert_safe(&record.path(), "/.");
        assert!(!record.path().contains(".."), "{}", record.path());
    }
    if let Ok(error) = serde_json::from_str::<JobError>(text) {
        let json = serde_json::to_string(&error).expect("an error is JSON");
        assert_eq!(serde_json::from_str::<JobError>(&json).expect("and reads back"), error);
    }
}

fn check_addresses(text: &str) {
    if let Ok(url) = text.parse::<ServiceUrl>() {
        assert_eq!(url.as_str().parse().as_ref(), Ok(&url), "from {text:?}");
        let (scheme, address) = url.as_str().split_once("://").expect("it is an address");
        assert!(matches!(scheme, "http" | "https"), "{url}");
        let host = address.split('/').next().unwrap_or_default();
        assert!(!host.is_empty() && !host.contains('@') && !address.contains(['?', '#']), "{url}");
        assert!(address.bytes().all(|byte| byte.is_ascii_graphic()), "{url}");
    }
    if let Ok(url) = StoreUrl::try_from(text.to_owned()) {
        assert_eq!(StoreUrl::try_from(String::from(url.clone())).as_ref(), Ok(&url));
    }
    // Addresses are read without the tabs and line breaks in them.
    let read: String = text.chars().filter(|c| !matches!(c, '\t' | '\r' | '\n')).collect();
    for url in [format!("redis://{text}{SECRET}@host:1"), format!("redis://user:{SECRET}@{text}")] {
        let shown = StoreUrl::try_from(url).map(|url| url.to_string()).unwrap_or_default();
        assert!(!shown.contains(SECRET) || read.contains(SECRET), "{shown}");
    }
    if let Ok(url) = ImagesUrl::try_from(text.to_owned()) {
        assert!(url.to_string().starts_with("file:"));
    }
}

fn one_spelling<T>(text: &str, also: &str)
where
    T: FromStr + Display + PartialEq + Debug,
{
    if let Ok(name) = text.parse::<T>() {
        assert_eq!(name.to_string(), text);
        assert_safe(text, also);
    }
}

fn assert_safe(text: &str, also: &str) {
    let safe = |c: char| c.is_ascii_alphanumeric() || also.contains(c);
    assert!(!text.is_empty() && text.chars().all(safe), "{text:?}");
}
