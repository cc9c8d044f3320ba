//! Looking at one file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use md5::{Digest, Md5};
use photo_core::{ImageKey, PhotoFormat};

/// How much of a file is in memory.
const BLOCK: usize = 256 << 10;

/// The hash and length of a file that is a photo by its content. Of others only the beginning is
/// read.
pub(super) fn read(path: &Path) -> io::Result<Option<(ImageKey, u64)>> {
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
    if PhotoFormat::sniff(&block[..filled.min(PhotoFormat::HEAD_LEN)]).is_none() {
        return Ok(None);
    }
    let (mut hash, mut bytes) = (Md5::new(), 0);
    while filled > 0 {
        hash.update(&block[..filled]);
        bytes += filled as u64;
        filled = file.read(&mut block)?;
    }
    Ok(Some((ImageKey::from_bytes(hash.finalize().into()), bytes)))
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
            let expected = (hasher.finish().key, photo.len() as u64);
            assert_eq!(read(&path).unwrap(), Some(expected));
        }
        for other in [b"".as_slice(), b"\xFF\xD8", &vec![b'a'; 100_000]] {
            std::fs::write(&path, other).unwrap();
            assert_eq!(read(&path).unwrap(), None);
        }
        assert!(read(&folder.path().join("nothing")).is_err());
    }
}
