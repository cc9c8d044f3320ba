//! The configuration file.

use std::cell::LazyCell;

use photo_config::Config;
use serde_json::json;
use tempfile::TempDir;

thread_local! {
    static FOLDER: LazyCell<TempDir> =
        LazyCell::new(|| tempfile::tempdir().expect("there is a place for temporary files"));
}

/// Any text is a configuration that can be used, and that reads back as it was understood, or is
/// refused in words.
pub fn check(input: &[u8]) {
    let file = FOLDER.with(|folder| folder.path().join("photo.toml"));
    std::fs::write(&file, input).expect("a file can be written");
    let config = match Config::load(&json!({}), Some(&file), &json!({})) {
        Ok(config) => config,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    for name in config.models.keys() {
        let settings = config.model(name);
        assert!(!settings.timeout.is_zero() && settings.concurrency > 0, "{settings:?}");
        assert!(settings.max_attempts > 0, "{settings:?}");
    }
    let said = serde_json::to_value(&config).expect("a configuration is JSON");
    let read = Config::load(&json!({}), None, &said).expect("what was understood is understood");
    assert_eq!(format!("{read:?}"), format!("{config:?}"));
}
