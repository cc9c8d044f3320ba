//! One entry of a list.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use photo_core::ImageKey;
use serde::Deserialize;

use super::{Listed, digest, md5sum};

/// What an entry says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ListEntry {
    /// Nothing about a photo: it is empty, or the head of a table.
    Nothing,
    /// Nothing, unless it is a path: it looks like a comment.
    Comment(PathBuf),
    /// A photo.
    Photo(Listed),
    /// A photo's hash; its path stands on a line of its own.
    Hash(ImageKey),
    /// The path of the photo whose hash stands on a line of its own.
    PathOfHash(PathBuf),
    /// Something else. The text says what is wrong.
    Bad(String),
}

/// A line of JSON, as commands write them.
#[derive(Deserialize)]
struct JsonLine {
    #[serde(default)]
    image: Option<String>,
    #[serde(default)]
    path: Option<PathBuf>,
}

/// The names that precede a hash where the algorithm is told.
const ALGORITHMS: [&str; 9] =
    ["MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "SHA2-256", "SHA2-512", "RMD160"];

/// Reads a line, without its end. What is in no other form is a path.
pub(super) fn parse_entry(line: &[u8]) -> ListEntry {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = line.trim_ascii();
    if text.is_empty() || is_table_head(text) {
        return ListEntry::Nothing;
    }
    if line.starts_with(b"#") {
        return ListEntry::Comment(path(line));
    }
    let found = read_json(text)
        .or_else(|| read_tagged(line))
        .or_else(|| read_property(line))
        .or_else(|| read_certutil(text))
        .or_else(|| read_row(line))
        .or_else(|| md5sum::read(line).map(photo));
    found.unwrap_or_else(|| ListEntry::Photo(Listed::Path(path(line))))
}

fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes.to_vec()))
}

fn photo(read: Result<Listed, String>) -> ListEntry {
    read.map_or_else(ListEntry::Bad, ListEntry::Photo)
}

fn is_algorithm(name: &[u8]) -> bool {
    ALGORITHMS.iter().any(|it| it.as_bytes().eq_ignore_ascii_case(name))
}

/// The heading of Get-FileHash, and the stroke below it.
fn is_table_head(text: &[u8]) -> bool {
    let mut words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let names = [b"Algorithm".as_slice(), b"Hash", b"Path"];
    words.clone().eq(names)
        || words.all(|word| word.len() > 2 && word.iter().all(|byte| *byte == b'-'))
}

/// An object, perhaps one of an array that is written a line each.
fn read_json(text: &[u8]) -> Option<ListEntry> {
    if matches!(text, b"[" | b"]" | b"[]") {
        return Some(ListEntry::Nothing);
    }
    if !text.starts_with(b"{") {
        return None;
    }
    let text = text.strip_suffix(b",").unwrap_or(text);
    Some(match serde_json::from_slice::<JsonLine>(text) {
        Ok(JsonLine { image: None, .. }) => ListEntry::Nothing,
        Ok(JsonLine { image: Some(hash), path }) => match digest::read(hash.as_bytes()) {
            Some(read) => photo(read.map(|image| Listed::Image { image, path })),
            None => ListEntry::Bad(format!("names the image {hash:?}, which is no MD5")),
        },
        Err(error) => ListEntry::Bad(format!("is no JSON: {error}")),
    })
}

/// `MD5 (path) = hash`, of BSD, macOS and `md5sum --tag`; `MD5(path)= hash`, of openssl.
fn read_tagged(line: &[u8]) -> Option<ListEntry> {
    let (line, is_escaped) = md5sum::is_escaped(line);
    let open = line.iter().position(|byte| *byte == b'(')?;
    if !is_algorithm(line[..open].trim_ascii_end()) {
        return None;
    }
    let close = line.windows(2).rposition(|pair| pair == b")=" || pair == b") ")?;
    let hash = line[close + 1..].trim_ascii().strip_prefix(b"=")?.trim_ascii();
    let name = md5sum::path(line.get(open + 1..close)?, is_escaped);
    Some(photo(digest::read(hash)?.map(|image| Listed::Image { image, path: Some(name) })))
}

/// `Hash : …` and its like, of Get-FileHash in a list.
fn read_property(line: &[u8]) -> Option<ListEntry> {
    let colon = line.windows(3).position(|text| text == b" : ")?;
    let value = line[colon + 3..].trim_ascii();
    match line[..colon].trim_ascii() {
        b"Algorithm" if value == b"MD5" => Some(ListEntry::Nothing),
        b"Algorithm" => {
            Some(ListEntry::Bad(digest::other_algorithm(&String::from_utf8_lossy(value))))
        }
        b"Hash" => Some(digest::read(value)?.map_or_else(ListEntry::Bad, ListEntry::Hash)),
        b"Path" => Some(ListEntry::PathOfHash(path(value))),
        _ => None,
    }
}

/// What `certutil -hashfile` says around a hash, which older ones write in pairs of digits.
fn read_certutil(text: &[u8]) -> Option<ListEntry> {
    if text.starts_with(b"CertUtil: ") {
        return Some(ListEntry::Nothing);
    }
    if let Some(name) = text.strip_prefix(b"MD5 hash of ") {
        let name = name.strip_prefix(b"file ").unwrap_or(name);
        return Some(ListEntry::PathOfHash(path(name.strip_suffix(b":")?)));
    }
    let mut pairs = text.split(|byte| *byte == b' ');
    if text.len() != 47 || !pairs.all(|pair| pair.len() == 2) {
        return None;
    }
    let digits: Vec<u8> = text.iter().copied().filter(|byte| *byte != b' ').collect();
    Some(digest::read(&digits)?.map_or_else(ListEntry::Bad, ListEntry::Hash))
}

/// `MD5  hash  path`, a row of the table of Get-FileHash.
fn read_row(line: &[u8]) -> Option<ListEntry> {
    let (algorithm, rest) = split_word(line)?;
    let (hash, rest) = split_word(rest)?;
    if !is_algorithm(algorithm) {
        return None;
    }
    let name = rest.trim_ascii();
    let name = (!name.is_empty()).then(|| path(name));
    Some(photo(digest::read(hash)?.map(|image| Listed::Image { image, path: name })))
}

/// The first word and what follows it.
fn split_word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.trim_ascii_start();
    let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "900150983cd24fb0d6963f7d28e17f72";

    fn read(line: &str) -> ListEntry {
        parse_entry(line.as_bytes())
    }

    fn listed(path: Option<&str>) -> ListEntry {
        let (image, path) = (HASH.parse().unwrap(), path.map(PathBuf::from));
        ListEntry::Photo(Listed::Image { image, path })
    }

    #[test]
    fn lists_of_other_programs_are_read() {
        let upper = HASH.to_uppercase();
        let there = || listed(Some("a b.jpg"));
        for line in [
            format!("{HASH} *a b.jpg\r"),
            format!("{upper}  a b.jpg"),
            format!("MD5 (a b.jpg) = {HASH}"),
            format!("MD5(a b.jpg)= {HASH}"),
            format!("MD5             {upper}                  a b.jpg  "),
            format!(r#"{{"image": "{HASH}", "path": "a b.jpg", "status": "FAILED"}}"#),
            format!(r#"{{"image": "{upper}", "path": "a b.jpg"}},"#),
        ] {
            assert_eq!(read(&line), there(), "{line}");
        }
        // md5 -r of BSD puts one blank between them.
        assert_eq!(read(&format!("{HASH} a.jpg")), listed(Some("a.jpg")));
        assert_eq!(read(&format!("MD5 (a) = (b).jpg) = {HASH}")), listed(Some("a) = (b).jpg")));
        assert_eq!(read(&format!("\\MD5 (a\\nb) = {HASH}")), listed(Some("a\nb")));
        assert_eq!(read(&upper), listed(None));
        assert_eq!(read(&format!("MD5  {upper}")), listed(None));
    }

    #[test]
    fn a_hash_and_its_path_may_stand_on_lines_of_their_own() {
        let image = HASH.parse().unwrap();
        let upper = HASH.to_uppercase();
        assert_eq!(read(&format!("Hash      : {upper}")), ListEntry::Hash(image));
        let pairs: Vec<&str> = (0..32).step_by(2).map(|at| &HASH[at..at + 2]).collect();
        assert_eq!(read(&pairs.join(" ")), ListEntry::Hash(image));
        let at = |text: &str| ListEntry::PathOfHash(PathBuf::from(text));
        assert_eq!(read(r"Path      : C:\a : b.jpg"), at(r"C:\a : b.jpg"));
        assert_eq!(read("MD5 hash of a.jpg:"), at("a.jpg"));
        assert_eq!(read("MD5 hash of file a.jpg:"), at("a.jpg"));
    }

    #[test]
    fn what_is_around_the_photos_says_nothing() {
        for nothing in [
            "",
            "  ",
            "\r",
            "[",
            "]",
            "{\"summary\": {}}",
            "Algorithm       Hash                     Path",
            "---------       ----                     ----",
            "Algorithm : MD5",
            "CertUtil: -hashfile command completed successfully.",
        ] {
            assert_eq!(read(nothing), ListEntry::Nothing, "{nothing}");
        }
        assert_eq!(read("# a comment"), ListEntry::Comment(PathBuf::from("# a comment")));
    }

    #[test]
    fn hashes_of_other_algorithms_and_broken_lines_are_told() {
        let sha = "a9".repeat(32);
        for bad in [
            sha.clone(),
            format!("{sha}  a.jpg"),
            format!("SHA256 (a.jpg) = {sha}"),
            format!("SHA256          {sha}       a.jpg"),
            format!("Hash : {sha}"),
            "Algorithm : SHA256".to_owned(),
            "{\"image\": \"a\"}".to_owned(),
            "{".to_owned(),
        ] {
            assert!(matches!(read(&bad), ListEntry::Bad(_)), "{bad}");
        }
    }

    #[test]
    fn everything_else_is_a_path_as_it_stands() {
        for name in ["photo.jpg", " a  b ", "cafe", "MD5 (a).jpg", "Hash : no", "me: you.jpg"] {
            assert_eq!(read(name), ListEntry::Photo(Listed::Path(PathBuf::from(name))), "{name}");
        }
    }
}
