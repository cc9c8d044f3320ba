//! What lies where in the folder, and the version of that: how photos and records are named and
//! written.
//!
//! `<root>/.layout` says it. Folders without that file are of version 1, the first. Whatever
//! programs of before can pass over unharmed does not need another version: fields that may be
//! missing, and kinds of record lines that say since when there are such lines
//! (`photo_core::record`).

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use photo_core::{ImageKey, PhotoFormat};
use tracing::warn;

/// The file's name.
const NAME: &str = ".layout";
/// The oldest version that is read and written here.
const OLDEST: u32 = 1;
/// The newest, which new folders have.
const NEWEST: u32 = 1;

/// What records are called after their image.
pub(super) const RECORD_EXTENSION: &str = "jsonl";

/// Where an image's record lies.
pub(super) fn record_path(root: &Path, image: ImageKey) -> PathBuf {
    let md5 = image.to_string();
    root.join(&md5[..2]).join(format!("{md5}.{RECORD_EXTENSION}"))
}

/// Every path that an image's photo may have.
pub(super) fn photo_paths(root: &Path, image: ImageKey) -> impl Iterator<Item = PathBuf> {
    let record = record_path(root, image);
    PhotoFormat::ALL.into_iter().map(move |format| record.with_extension(format.extension()))
}

/// Refuses a folder of another version, and marks a folder without any.
pub(super) fn check(root: &Path) -> io::Result<()> {
    let text = match fs::read_to_string(root.join(NAME)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // A folder where nothing can be written now is read all the same.
            if let Err(error) = mark(root) {
                warn!(folder = %root.display(), %error, "the version of the folder's layout cannot be written");
            }
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let what_to_do = match text.trim().parse() {
        Ok(OLDEST..=NEWEST) => return Ok(()),
        Ok(version @ NEWEST..) => format!(
            "version {version} of its layout, which a newer release writes, and this program reads \
             version {NEWEST}. Start that release, or a later one"
        ),
        _ => format!(
            "{:?} as the version of its layout (in {NAME}), which is none. Write {NEWEST} there if \
             the folder was not used by another program",
            text.trim()
        ),
    };
    Err(io::Error::other(format!("it has {what_to_do}")))
}

/// Writes the file whole, unless another program was first.
fn mark(root: &Path) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(root)?;
    // Programs of other users read it.
    file.as_file().set_permissions(Permissions::from_mode(0o644))?;
    writeln!(file, "{NEWEST}")?;
    match file.persist_noclobber(root.join(NAME)) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_marked_once_and_taken_again() {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            check(folder.path()).unwrap();
            assert_eq!(fs::read_to_string(folder.path().join(NAME)).unwrap(), "1\n");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_of_a_newer_version_is_refused_with_what_to_start() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(NAME), "2\n").unwrap();
        let refusal = check(folder.path()).unwrap_err().to_string();
        assert!(refusal.contains("version 2 of its layout, which a newer release"), "{refusal}");
        fs::write(folder.path().join(NAME), "novel").unwrap();
        let refusal = check(folder.path()).unwrap_err().to_string();
        assert!(refusal.contains("\"novel\" as the version"), "{refusal}");
    }
}
