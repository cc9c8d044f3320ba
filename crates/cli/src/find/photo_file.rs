//! Looking at one file.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use bytes::Bytes;
use md5::{Digest, Md5};
use photo_core::{ImageKey, PhotoFormat};

use crate::list::STANDARD_INPUT;

/// How much of a file is in memory.
const BLOCK: usize = 256 << 10;

/// The most that is kept of what can be read only once.
const MAX_KEPT_BYTES: u64 = 1 << 30;

/// What a file turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Looked {
    /// A photo by its content; with the content if it can be read only once.
    Photo { key: ImageKey, bytes: u64, kept: Option<Bytes> },
    /// Something else, which begins so.
    Other { head: Vec<u8> },
}

/// Looks at a file. Of one that is no photo only the beginning is read.
pub(super) fn read(path: &Path) -> io::Result<Looked> {
    let mut file = File::open(path)?;
    let mut block = vec![0; BLOCK];
    let mut filled = 0;
    // A read may bring less than there is, and the format is told by the first bytes.
    while filled < PhotoFormat::HEAD_LEN {
        match file.read(&mut block[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    if let Some(other) = other(&block[..filled]) {
        return Ok(other);
    }
    let (mut hash, mut bytes) = (Md5::new(), 0);
    while filled > 0 {
        hash.update(&block[..filled]);
        bytes += filled as u64;
        filled = file.read(&mut block)?;
    }
    let key = ImageKey::from_bytes(hash.finalize().into());
    Ok(Looked::Photo { key, bytes, kept: None })
}

/// Looks at what can be read only once, standard input (`-`) or a pipe, and keeps it.
pub(super) fn read_once(path: &Path) -> io::Result<Looked> {
    let mut content = Vec::new();
    if path == Path::new(STANDARD_INPUT) {
        let input = io::stdin().lock();
        if input.is_terminal() {
            let why = "standard input is a terminal, where nobody can type a photo; send it one \
                       with < or |";
            return Err(io::Error::other(why));
        }
        input.take(MAX_KEPT_BYTES + 1).read_to_end(&mut content)?;
    } else {
        File::open(path)?.take(MAX_KEPT_BYTES + 1).read_to_end(&mut content)?;
    }
    let bytes = content.len() as u64;
    if bytes > MAX_KEPT_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    if let Some(other) = other(&content) {
        return Ok(other);
    }
    let key = ImageKey::from_bytes(Md5::digest(&content).into());
    Ok(Looked::Photo { key, bytes, kept: Some(content.into()) })
}

/// What begins so, if it is no photo.
fn other(content: &[u8]) -> Option<Looked> {
    let head = &content[..content.len().min(PhotoFormat::HEAD_LEN)];
    PhotoFormat::sniff(head).is_none().then(|| Looked::Other { head: head.to_vec() })
}

#[cfg(test)]
mod tests {
    use photo_core::PhotoHasher;
    use photo_tests::photos;

    use super::*;

    #[test]
    fn a_photo_has_the_hash_that_the_server_gives_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("called.txt");
        for photo in [photos::bmp(1), photos::bmp_of(400, 400, 2)] {
            std::fs::write(&path, &photo).unwrap();
            let mut hasher = PhotoHasher::default();
            hasher.update(&photo);
            let (key, bytes) = (hasher.finish().key, photo.len() as u64);
            assert_eq!(read(&path).unwrap(), Looked::Photo { key, bytes, kept: None });
            let kept = Some(Bytes::from(photo));
            assert_eq!(read_once(&path).unwrap(), Looked::Photo { key, bytes, kept });
        }
        for other in [b"".as_slice(), b"\xFF\xD8", &vec![b'a'; 100_000]] {
            std::fs::write(&path, other).unwrap();
            let head = other[..other.len().min(PhotoFormat::HEAD_LEN)].to_vec();
            assert_eq!(read(&path).unwrap(), Looked::Other { head });
        }
        assert!(read(&folder.path().join("nothing")).is_err());
    }
}
