//! Reading a list from its beginning to its end.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use photo_core::ImageKey;

use super::list_entry::{ListEntry, parse_entry};
use super::table::{Columns, Table};
use super::{BadEntry, EntryEnd, List, Listed, encoding, md5sum};
use crate::text::{error_words, printable};

/// The longest entry: the longest answer of a server with the results of one photo.
const MAX_ENTRY_BYTES: usize = 128 << 20;

/// How much of an entry is repeated that cannot be understood.
const MAX_REPEATED_CHARS: usize = 60;

/// The entries of a list. It ends where it cannot be read any further.
pub(crate) struct ListReader {
    name: String,
    ends: EntryEnd,
    input: Input,
    /// How many entries were read.
    number: u64,
    /// What stands on lines of their own, and waits for the other one.
    hash: Option<ImageKey>,
    path: Option<PathBuf>,
}

enum Input {
    Lines(Box<dyn BufRead>),
    Table(Table),
    Nothing,
}

impl ListReader {
    /// Opens a list.
    pub(crate) fn open(list: &List) -> Result<Self, BadEntry> {
        let name = if list.is_standard_input() {
            "the list on standard input".to_owned()
        } else {
            format!("the list {}", list.path.display())
        };
        let opened = if list.is_standard_input() {
            encoding::decoded(BufReader::new(io::stdin()))
        } else {
            File::open(&list.path).and_then(|file| encoding::decoded(BufReader::new(file)))
        };
        match opened {
            Ok(lines) => Ok(Self::new(name, list.ends, lines)),
            Err(error) => Err(unreadable(name, &error)),
        }
    }

    fn new(name: String, ends: EntryEnd, lines: Box<dyn BufRead>) -> Self {
        Self { name, ends, input: Input::Lines(lines), number: 0, hash: None, path: None }
    }

    /// The next entry without its end, if there is one.
    fn next_entry(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Input::Lines(lines) = &mut self.input else { return Ok(None) };
        let end = if self.ends == EntryEnd::Line { b'\n' } else { 0 };
        let mut entry = Vec::new();
        lines.take(MAX_ENTRY_BYTES as u64).read_until(end, &mut entry)?;
        if entry.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        if entry.last() == Some(&end) {
            entry.pop();
        } else if entry.len() == MAX_ENTRY_BYTES {
            return Err(io::Error::other("an entry has no end"));
        }
        Ok(Some(entry))
    }

    fn next_listed(&mut self) -> Option<Result<Listed, BadEntry>> {
        loop {
            if let Input::Table(table) = &mut self.input {
                let (behind_head, read) = table.next_photo()?;
                let number = self.number + behind_head;
                return Some(read.map_err(|why| self.bad(number, why)));
            }
            let entry = match self.next_entry() {
                Ok(Some(entry)) => entry,
                Ok(None) => return self.take_hash().map(Ok),
                Err(error) => {
                    self.input = Input::Nothing;
                    return Some(Err(unreadable(self.name.clone(), &error)));
                }
            };
            if self.ends == EntryEnd::Nul {
                if entry.is_empty() {
                    continue;
                }
                let read = md5sum::read(&entry);
                let read = read.unwrap_or_else(|| Ok(Listed::Path(md5sum::path(&entry, false))));
                return Some(read.map_err(|why| self.bad(self.number, why)));
            }
            if entry.contains(&0) {
                self.input = Input::Nothing;
                let why = "has a NUL byte, so this is no list of lines; -0 reads one whose \
                           entries end with NUL";
                return Some(Err(self.bad(self.number, why.to_owned())));
            }
            if let Some(listed) = self.understand(&entry) {
                return Some(listed);
            }
        }
    }

    /// What a line says of a photo, with what was said before it.
    fn understand(&mut self, entry: &[u8]) -> Option<Result<Listed, BadEntry>> {
        if let Some(columns) = Columns::of_head(entry)
            && let Input::Lines(lines) = std::mem::replace(&mut self.input, Input::Nothing)
        {
            self.input = Input::Table(Table::new(columns, lines));
            return None;
        }
        match parse_entry(entry) {
            ListEntry::Nothing => None,
            ListEntry::Comment(path) => is_there(&path).then_some(Ok(Listed::Path(path))),
            ListEntry::Photo(Listed::Image { image, path: None }) => {
                Some(Ok(Listed::Image { image, path: self.path.take() }))
            }
            ListEntry::Photo(listed) => Some(Ok(listed)),
            ListEntry::Hash(image) => match self.path.take() {
                Some(path) => Some(Ok(Listed::Image { image, path: Some(path) })),
                None => {
                    self.hash.replace(image).map(|image| Ok(Listed::Image { image, path: None }))
                }
            },
            ListEntry::PathOfHash(path) => {
                let Some(image) = self.hash.take() else {
                    self.path = Some(path);
                    return None;
                };
                Some(Ok(Listed::Image { image, path: Some(path) }))
            }
            ListEntry::Bad(why) => {
                let text = String::from_utf8_lossy(entry);
                let text: String = printable(&text).chars().take(MAX_REPEATED_CHARS).collect();
                Some(Err(self.bad(self.number, format!("{why}: {text}"))))
            }
        }
    }

    fn take_hash(&mut self) -> Option<Listed> {
        self.hash.take().map(|image| Listed::Image { image, path: None })
    }

    fn bad(&self, number: u64, why: String) -> BadEntry {
        let entry = if self.ends == EntryEnd::Line { "line" } else { "entry" };
        BadEntry { place: format!("{entry} {number} of {}", self.name), why }
    }
}

impl Iterator for ListReader {
    type Item = Result<Listed, BadEntry>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_listed()
    }
}

fn unreadable(place: String, error: &io::Error) -> BadEntry {
    BadEntry { place, why: format!("cannot be read: {}", error_words(error)) }
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const HASHES: [&str; 2] =
        ["900150983CD24FB0D6963F7D28E17F72", "0cc175b9c0f1b6a831c399e269772661"];

    fn read(text: &str, ends: EntryEnd) -> Vec<Result<Listed, BadEntry>> {
        let lines = Box::new(Cursor::new(text.to_owned().into_bytes()));
        ListReader::new("the list x".to_owned(), ends, lines).collect()
    }

    fn both(paths: [Option<&str>; 2]) -> Vec<Result<Listed, BadEntry>> {
        let images = HASHES.into_iter().zip(paths).map(|(hash, path)| {
            let image = super::super::parse_image_id(hash).unwrap();
            Ok(Listed::Image { image, path: path.map(PathBuf::from) })
        });
        images.collect()
    }

    #[test]
    fn what_powershell_and_certutil_write_is_read() {
        let [one, two] = HASHES;
        let paths = [Some(r"C:\a b.jpg"), Some(r"C:\c.jpg")];
        let table = format!(
            "\r\nAlgorithm       Hash                    Path\r\n---------       ----       ----\r\n\
             MD5             {one}       C:\\a b.jpg\r\nMD5             {two}       C:\\c.jpg\r\n\r\n"
        );
        assert_eq!(read(&table, EntryEnd::Line), both(paths));
        let list = format!(
            "\n\nAlgorithm : MD5\nHash      : {one}\nPath      : C:\\a b.jpg\n\n\
             Algorithm : MD5\nHash      : {two}\nPath      : C:\\c.jpg\n\n"
        );
        assert_eq!(read(&list, EntryEnd::Line), both(paths));
        let csv = format!(
            "#TYPE Microsoft.Powershell.Utility.FileHash\r\n\"Algorithm\",\"Hash\",\"Path\"\r\n\
             \"MD5\",\"{one}\",\"C:\\a b.jpg\"\r\n\"MD5\",\"{two}\",\"C:\\c.jpg\"\r\n"
        );
        assert_eq!(read(&csv, EntryEnd::Line), both(paths));
        let certutil = format!(
            "MD5 hash of C:\\a b.jpg:\n{one}\nCertUtil: done.\nMD5 hash of C:\\c.jpg:\n{two}\n"
        );
        assert_eq!(read(&certutil, EntryEnd::Line), both(paths));
        let alone = format!("Hash : {one}\nHash : {two}\n");
        assert_eq!(read(&alone, EntryEnd::Line), both([None, None]));
    }

    #[test]
    fn results_in_csv_name_each_photo_once() {
        let [one, two] = HASHES;
        let csv = format!(
            "image,path,model,state\n{one},\"a, \"\"b\"\"\",color,FAILED\n\
             {one},\"a, \"\"b\"\"\",shape,FAILED\n{two},,color,QUEUED\n"
        );
        assert_eq!(read(&csv, EntryEnd::Line), both([Some("a, \"b\""), None]));
    }

    #[test]
    fn a_line_that_cannot_be_read_is_told_and_the_rest_goes_on() {
        let [one, two] = HASHES;
        let list = format!("{one}\n{}  b\n{two}\n", "a9".repeat(32));
        let read = read(&list, EntryEnd::Line);
        assert_eq!([read[0].clone(), read[2].clone()], *both([None, None]));
        let bad = read[1].clone().unwrap_err();
        assert_eq!(bad.place, "line 2 of the list x");
        assert!(bad.why.contains("SHA-256"), "{bad:?}");
    }

    #[test]
    fn names_that_end_with_nul_may_have_anything_else_in_them() {
        let path = |text: &str| Ok(Listed::Path(PathBuf::from(text)));
        assert_eq!(read("a\nb\0# c\0\0 d", EntryEnd::Nul), [path("a\nb"), path("# c"), path(" d")]);
        let [one, two] = HASHES;
        let zero = format!("{one}  a\nb\0{two} *c\0");
        assert_eq!(read(&zero, EntryEnd::Nul), both([Some("a\nb"), Some("c")]));
        let bad = read("a\0b\n", EntryEnd::Line);
        assert!(bad[0].as_ref().unwrap_err().why.contains("-0"), "{bad:?}");
        assert_eq!(bad.len(), 1);
    }
}
