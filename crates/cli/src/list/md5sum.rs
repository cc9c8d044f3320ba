//! The format of md5sum: a hash, two characters, a path.

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use photo_core::ImageKey;

use super::{Listed, digest};

/// Writes one line.
pub(crate) fn write(output: &mut impl Write, image: ImageKey, path: &Path) -> io::Result<()> {
    let path = path.as_os_str().as_bytes();
    if !path.iter().any(|byte| matches!(byte, b'\\' | b'\n' | b'\r')) {
        write!(output, "{image}  ")?;
        output.write_all(path)?;
        return output.write_all(b"\n");
    }
    // A backslash in front says that there are some in the name.
    write!(output, "\\{image}  ")?;
    for byte in path {
        match byte {
            b'\\' => output.write_all(b"\\\\")?,
            b'\n' => output.write_all(b"\\n")?,
            b'\r' => output.write_all(b"\\r")?,
            _ => output.write_all(&[*byte])?,
        }
    }
    output.write_all(b"\n")
}

/// Reads a line, without its end. `None` if it does not begin with a hash.
pub(super) fn read(line: &[u8]) -> Option<Result<Listed, String>> {
    let (line, is_escaped) = is_escaped(line);
    let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
    let (hash, rest) = line.split_at(end);
    let image = digest::read(hash)?;
    // The second of the two characters between them is a blank, or a star for "binary". md5 of BSD
    // writes a blank alone.
    let name = match rest {
        [_, b' ' | b'*', name @ ..] | [_, name @ ..] | name => name,
    };
    let path = (!name.is_empty()).then(|| path(name, is_escaped));
    Some(image.map(|image| Listed::Image { image, path }))
}

/// A line without the backslash that says that its path has some, and whether there was one.
pub(super) fn is_escaped(line: &[u8]) -> (&[u8], bool) {
    line.strip_prefix(b"\\").map_or((line, false), |rest| (rest, true))
}

/// A path as it is written in a line.
pub(super) fn path(written: &[u8], is_escaped: bool) -> PathBuf {
    let path = if is_escaped { unescape(written) } else { written.to_vec() };
    PathBuf::from(OsString::from_vec(path))
}

fn unescape(path: &[u8]) -> Vec<u8> {
    let mut bytes = path.iter().copied();
    let mut plain = Vec::with_capacity(path.len());
    while let Some(byte) = bytes.next() {
        plain.push(match (byte, byte == b'\\') {
            (_, true) => match bytes.next() {
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                other => other.unwrap_or(b'\\'),
            },
            (byte, false) => byte,
        });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "900150983cd24fb0d6963f7d28e17f72";

    #[test]
    fn what_is_written_is_read_back_whatever_the_name() {
        let image: ImageKey = HASH.parse().unwrap();
        for name in [
            b"photo.jpg".as_slice(),
            b"with blanks  and *.jpg",
            b" leading",
            b"*star",
            b"new\nline\r\\n",
            b"\xFF\xFE",
        ] {
            let path = PathBuf::from(OsString::from_vec(name.to_vec()));
            let mut line = Vec::new();
            write(&mut line, image, &path).unwrap();
            let line = line.strip_suffix(b"\n").unwrap();
            assert!(!line.contains(&b'\n'));
            assert_eq!(read(line), Some(Ok(Listed::Image { image, path: Some(path) })));
        }
    }
}
