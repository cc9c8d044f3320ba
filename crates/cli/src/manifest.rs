//! Lists of photos, in the format of md5sum: a hash, two blanks, a path.
//!
//! `photoctl submit` writes one, so that what was submitted can be asked for later, also where the
//! photos are gone; and `md5sum` both writes and checks them.

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use photo_core::ImageKey;
use serde::Deserialize;

/// A line of JSON, as commands write them too.
#[derive(Deserialize)]
struct JsonLine {
    #[serde(default)]
    image: Option<ImageKey>,
    #[serde(default)]
    path: Option<PathBuf>,
}

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

/// Reads one line, without its end: of md5sum, of JSON with `image` and perhaps `path`, or a hash
/// alone. `None` for one that names no image: empty, a comment, or JSON about something else.
pub(crate) fn read(line: &[u8]) -> Option<Result<(ImageKey, Option<PathBuf>), String>> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.trim_ascii().is_empty() || line.starts_with(b"#") {
        return None;
    }
    if !line.starts_with(b"{") {
        return Some(read_md5sum(line));
    }
    match serde_json::from_slice::<JsonLine>(line) {
        Ok(line) => Some(Ok((line.image?, line.path))),
        Err(error) => Some(Err(error.to_string())),
    }
}

fn read_md5sum(line: &[u8]) -> Result<(ImageKey, Option<PathBuf>), String> {
    let (line, is_escaped) = match line.strip_prefix(b"\\") {
        Some(rest) => (rest, true),
        None => (line, false),
    };
    let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
    let (hash, path) = line.split_at(end);
    let image = String::from_utf8_lossy(hash).parse().map_err(|error| format!("{error}"))?;
    // The second of the two characters between them is a blank, or a star for "binary".
    let path = path.get(2..).filter(|path| !path.is_empty());
    let path = path.map(|path| if is_escaped { unescape(path) } else { path.to_vec() });
    Ok((image, path.map(|path| PathBuf::from(OsString::from_vec(path)))))
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
            b"new\nline\r\\n",
            b"\xFF\xFE",
        ] {
            let path = PathBuf::from(OsString::from_vec(name.to_vec()));
            let mut line = Vec::new();
            write(&mut line, image, &path).unwrap();
            let line = line.strip_suffix(b"\n").unwrap();
            assert!(!line.contains(&b'\n'));
            assert_eq!(read(line), Some(Ok((image, Some(path)))));
        }
    }

    #[test]
    fn lists_of_other_programs_are_read() {
        let image: ImageKey = HASH.parse().unwrap();
        let path = Some(PathBuf::from("a b.jpg"));
        let read = |text: &str| read(text.as_bytes());
        assert_eq!(read(HASH), Some(Ok((image, None))));
        assert_eq!(read(&format!("{HASH} *a b.jpg\r")), Some(Ok((image, path.clone()))));
        let json = format!(r#"{{"image": "{HASH}", "path": "a b.jpg", "status": "FAILED"}}"#);
        assert_eq!(read(&json), Some(Ok((image, path))));
        for nothing in ["", "  ", "# a comment", "{\"summary\": {}}"] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
        for bad in ["photo.jpg", "D41D8CD98F00B204E9800998ECF8427E  a", "{\"image\": \"a\"}", "{"] {
            assert!(read(bad).unwrap().is_err(), "{bad}");
        }
    }
}
