//! What is on the disk.

use std::path::{Path, PathBuf};

/// Every photo, record and spool file below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.file_name().is_some_and(|name| {
            let name = name.to_string_lossy();
            !["lock", ".layout"].contains(&&*name) && !name.starts_with(".caretaker")
        }) {
            found.push(path);
        }
    }
    found.sort();
    found
}
