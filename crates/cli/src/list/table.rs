//! Lists in CSV: of photoctl, and of PowerShell's `Get-FileHash | Export-Csv`.

use std::io::BufRead;
use std::path::PathBuf;

use super::{Listed, digest};

/// A list in CSV, behind its heading.
pub(super) struct Table {
    rows: csv::Reader<Box<dyn BufRead>>,
    columns: Columns,
    last: Option<Listed>,
}

/// Where the parts of a photo stand in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    hash: usize,
    path: Option<usize>,
    separator: u8,
}

impl Columns {
    /// The columns of a table with this heading; `None` if it is no heading of a table of photos.
    pub(super) fn of_head(line: &[u8]) -> Option<Self> {
        // Some countries' settings write a semicolon.
        [b',', b';'].into_iter().find_map(|separator| {
            let names: Vec<&[u8]> = line.trim_ascii().split(|byte| *byte == separator).collect();
            let position = |name: &str| {
                names.iter().position(|written| {
                    let bare = written.strip_prefix(b"\"").and_then(|it| it.strip_suffix(b"\""));
                    bare.unwrap_or(written).eq_ignore_ascii_case(name.as_bytes())
                })
            };
            let hash = position("image").or_else(|| position("hash"))?;
            let path = position("path");
            (names.len() > 1).then_some(Self { hash, path, separator })
        })
    }
}

impl Table {
    /// The rows of a table, of which the heading was read.
    pub(super) fn new(columns: Columns, rows: Box<dyn BufRead>) -> Self {
        let mut builder = csv::ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(columns.separator);
        Self { rows: builder.from_reader(rows), columns, last: None }
    }

    /// The next photo, and how many lines before it were read; rows about the same photo are one.
    pub(super) fn next_photo(&mut self) -> Option<(u64, Result<Listed, String>)> {
        let mut row = csv::ByteRecord::new();
        loop {
            match self.rows.read_byte_record(&mut row) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    let line = error.position().map_or(0, csv::Position::line);
                    return Some((line, Err(format!("cannot be read: {error}"))));
                }
            }
            let line = row.position().map_or(0, csv::Position::line);
            let cell = |at: usize| row.get(at).unwrap_or_default().trim_ascii();
            let hash = cell(self.columns.hash);
            let Some(read) = digest::read(hash) else {
                return Some((line, Err("has no MD5 in the column of hashes".to_owned())));
            };
            let path = self.columns.path.map(cell).filter(|path| !path.is_empty());
            let path = path.map(|path| PathBuf::from(String::from_utf8_lossy(path).into_owned()));
            match read {
                Err(why) => return Some((line, Err(why))),
                Ok(image) => {
                    let listed = Some(Listed::Image { image, path });
                    if self.last != listed {
                        self.last.clone_from(&listed);
                        return listed.map(|listed| (line, Ok(listed)));
                    }
                }
            }
        }
    }
}
