//! The folder shared with the server, from which photos are opened by name.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use crate::refusal::Refusal;

/// A folder that is never left, whatever name is asked for.
#[derive(Debug, Clone)]
pub(crate) struct ImageFolder {
    root: PathBuf,
}

impl ImageFolder {
    /// The folder at `path`, which must exist.
    pub(crate) fn new(path: &Path) -> io::Result<Self> {
        let named = |cause| format!("the images folder `{}`: {cause}", path.display());
        let root = path.canonicalize().map_err(|e| io::Error::new(e.kind(), named(e)))?;
        if !root.is_dir() {
            let cause = io::Error::from(io::ErrorKind::NotADirectory);
            return Err(io::Error::new(cause.kind(), named(cause)));
        }
        Ok(Self { root })
    }

    /// Reads the photo `name`, at most `max_bytes` of it. Blocks. A name that leads out of the
    /// folder, by `..` or by a symbolic link, is answered like one that does not exist, so that
    /// nothing is learnt of what is outside.
    pub(crate) fn read(&self, name: &str, max_bytes: usize) -> Result<Vec<u8>, Refusal> {
        let missing = |_| Refusal::NoSuchImage { name: name.to_owned() };
        let mut file = self.open(name).map_err(missing)?;
        let mut bytes = Vec::new();
        // One byte more than allowed tells a photo that is too large from one that just fits.
        let bound = max_bytes as u64 + 1;
        file.by_ref().take(bound).read_to_end(&mut bytes).map_err(missing)?;
        if bytes.len() > max_bytes {
            return Err(Refusal::TooManyBytes { limit: max_bytes });
        }
        Ok(bytes)
    }

    fn open(&self, name: &str) -> io::Result<File> {
        let name = Path::new(name);
        if !name.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(io::ErrorKind::InvalidFilename.into());
        }
        let path = self.root.join(name).canonicalize()?;
        // Looked at before opening: to open a pipe would wait for its writer.
        if !path.starts_with(&self.root) || !path.is_file() {
            return Err(io::ErrorKind::NotFound.into());
        }
        File::open(path)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;

    /// A folder `images` with one photo in it and a secret beside it.
    fn shared() -> (TempDir, ImageFolder) {
        let parent = tempfile::tempdir().unwrap();
        let images = parent.path().join("images");
        fs::create_dir_all(images.join("ab")).unwrap();
        fs::write(images.join("ab/photo.jpg"), b"photo").unwrap();
        fs::write(parent.path().join("secret"), b"secret").unwrap();
        let folder = ImageFolder::new(&images).unwrap();
        (parent, folder)
    }

    #[test]
    fn a_photo_is_read_by_its_path_below_the_folder() {
        let (_parent, folder) = shared();
        assert_eq!(folder.read("ab/photo.jpg", 5).unwrap(), b"photo");
    }

    #[test]
    fn a_photo_with_one_byte_too_many_is_refused() {
        let (_parent, folder) = shared();
        let refusal = folder.read("ab/photo.jpg", 4).unwrap_err();
        assert!(matches!(refusal, Refusal::TooManyBytes { limit: 4 }), "{refusal}");
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let (parent, folder) = shared();
        let outside = parent.path().join("secret");
        symlink(&outside, folder.root.join("link")).unwrap();
        symlink(parent.path(), folder.root.join("folder_link")).unwrap();
        let absolute = outside.to_str().unwrap();
        for name in ["../secret", "ab/../../secret", absolute, "link", "folder_link/secret"] {
            let refusal = folder.read(name, 100).unwrap_err();
            assert!(matches!(refusal, Refusal::NoSuchImage { .. }), "{name}: {refusal}");
        }
    }

    #[test]
    fn what_is_not_a_file_is_not_a_photo() {
        let (_parent, folder) = shared();
        for name in ["", ".", "ab", "ab/", "missing.jpg", "ab/photo.jpg/x", "nul\0"] {
            let refusal = folder.read(name, 100).unwrap_err();
            assert!(matches!(refusal, Refusal::NoSuchImage { .. }), "{name}: {refusal}");
        }
    }

    #[test]
    fn a_folder_that_does_not_exist_is_named_in_the_error() {
        let error = ImageFolder::new(Path::new("/no/such/folder")).unwrap_err();
        assert!(error.to_string().contains("/no/such/folder"), "{error}");
    }

    proptest! {
        #[test]
        fn no_name_reaches_the_secret(name in "[./a-z]{0,20}secret") {
            let (_parent, folder) = shared();
            prop_assert!(folder.read(&name, 100).is_err());
        }
    }
}
