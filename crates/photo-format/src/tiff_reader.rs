//! The directories of a TIFF, and of what is built like one: Exif, BigTIFF and camera RAW.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

use crate::orientation::Orientation;

/// The most entries of a directory. Those of real photos have a few dozen.
const MOST_ENTRIES: u64 = 4_096;

/// The most values of an entry that are read.
const MOST_VALUES: u64 = 1 << 18;

pub(crate) mod tag {
    pub(crate) const SUBFILE_TYPE: u16 = 254;
    pub(crate) const WIDTH: u16 = 256;
    pub(crate) const HEIGHT: u16 = 257;
    pub(crate) const COMPRESSION: u16 = 259;
    pub(crate) const PHOTOMETRIC: u16 = 262;
    pub(crate) const MAKE: u16 = 271;
    pub(crate) const STRIP_OFFSETS: u16 = 273;
    pub(crate) const ORIENTATION: u16 = 274;
    pub(crate) const STRIP_LENGTHS: u16 = 279;
    pub(crate) const TILE_OFFSETS: u16 = 324;
    pub(crate) const TILE_LENGTHS: u16 = 325;
    pub(crate) const SUB_DIRECTORIES: u16 = 330;
    pub(crate) const JPEG_OFFSET: u16 = 513;
    pub(crate) const JPEG_LENGTH: u16 = 514;
    pub(crate) const DNG_VERSION: u16 = 50_706;
}

/// A file of directories.
pub(crate) struct Tiff<F> {
    file: F,
    order: Order,
    is_big: bool,
    /// Where the first directory is, by the header.
    first: u64,
}

#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

/// One directory: its entries by their tags.
#[derive(Debug)]
pub(crate) struct Directory {
    entries: BTreeMap<u16, Entry>,
    /// Where the next directory is; 0 if this is the last.
    pub(crate) next: u64,
}

/// An entry: one value or more of one kind.
#[derive(Debug)]
struct Entry {
    /// How many bytes each value has.
    size: u64,
    count: u64,
    /// The values, if they are short; else where they are.
    values: Vec<u64>,
    offset: u64,
}

impl<F: Read + Seek> Tiff<F> {
    /// Reads the file's header. Whatever follows the byte order is taken for the kind of TIFF: RAW
    /// formats have numbers of their own in place of 42.
    pub(crate) fn open(mut file: F) -> io::Result<Self> {
        let mut head = [0; 8];
        file.read_exact(&mut head)?;
        let order = match &head[..2] {
            b"II" => Order::Little,
            b"MM" => Order::Big,
            _ => return Err(unreadable()),
        };
        let is_big = order.number(&head[2..4]) == 43;
        let mut first = order.number(&head[4..8]);
        if is_big {
            let mut rest = [0; 8];
            file.read_exact(&mut rest)?;
            first = order.number(&rest);
        }
        Ok(Self { file, order, is_big, first })
    }

    /// Where the first directory is, if there is one.
    pub(crate) fn first_directory(&self) -> Option<u64> {
        (self.first > 0).then_some(self.first)
    }

    /// Reads the directory at an offset.
    pub(crate) fn directory(&mut self, offset: u64) -> io::Result<Directory> {
        let (count_size, entry_size, offset_size) =
            if self.is_big { (8, 20, 8) } else { (2, 12, 4) };
        let head = self.bytes(offset, count_size)?;
        let count = self.order.number(&head);
        if count > MOST_ENTRIES {
            return Err(unreadable());
        }
        let text = self.bytes(offset.saturating_add(count_size), count * entry_size)?;
        let mut entries = BTreeMap::new();
        // Entry sizes are far below 2^32.
        for entry in text.chunks_exact(usize::try_from(entry_size).map_err(|_| unreadable())?) {
            let tag = self.order.number(&entry[..2]);
            let tag = u16::try_from(tag).map_err(|_| unreadable())?;
            if let Some(entry) = self.entry(entry) {
                // Where a tag is there twice readers differ in which they take: the larger counts.
                let known: Option<&Entry> = entries.get(&tag);
                if known.is_none_or(|known| known.values < entry.values) {
                    entries.insert(tag, entry);
                }
            }
        }
        let end = offset.saturating_add(count_size + count * entry_size);
        // Exif may end without it.
        let next = self.bytes(end, offset_size).map_or(0, |bytes| self.order.number(&bytes));
        Ok(Directory { entries, next })
    }

    fn entry(&self, text: &[u8]) -> Option<Entry> {
        let (count, inner) =
            if self.is_big { (&text[4..12], &text[12..20]) } else { (&text[4..8], &text[8..12]) };
        let size = match self.order.number(&text[2..4]) {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16 | 17 | 18 => 8,
            _ => return None,
        };
        let count = self.order.number(count);
        let is_inner = count.checked_mul(size)? <= inner.len() as u64;
        let values = if is_inner {
            let values = inner.chunks_exact(usize::try_from(size).ok()?);
            values
                .take(usize::try_from(count).ok()?)
                .map(|value| self.order.number(value))
                .collect()
        } else {
            Vec::new()
        };
        Some(Entry { size, count, values, offset: self.order.number(inner) })
    }

    /// Reads all values of an entry; none if there are too many, or it is not there.
    pub(crate) fn values(&mut self, directory: &Directory, tag: u16) -> io::Result<Vec<u64>> {
        let Some(entry) = directory.entries.get(&tag) else { return Ok(Vec::new()) };
        if !entry.values.is_empty() || entry.count > MOST_VALUES {
            return Ok(entry.values.clone());
        }
        let bytes = self.bytes(entry.offset, entry.count * entry.size)?;
        let size = usize::try_from(entry.size).map_err(|_| unreadable())?;
        Ok(bytes.chunks_exact(size).map(|value| self.order.number(value)).collect())
    }

    /// Reads an entry as a text, up to its first zero.
    pub(crate) fn text(&mut self, directory: &Directory, tag: u16) -> io::Result<Vec<u8>> {
        let values = self.values(directory, tag)?;
        Ok(values
            .into_iter()
            .map_while(|byte| u8::try_from(byte).ok().filter(|b| *b > 0))
            .collect())
    }

    pub(crate) fn bytes(&mut self, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        self.file.by_ref().take(length).read_to_end(&mut bytes)?;
        if bytes.len() as u64 == length {
            Ok(bytes)
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}

impl Directory {
    /// The first value of an entry, if it is held in the directory itself.
    pub(crate) fn value(&self, tag: u16) -> Option<u64> {
        self.entries.get(&tag)?.values.first().copied()
    }

    /// Where an entry's values lie and how many bytes they have, if they lie outside the directory.
    pub(crate) fn place(&self, tag: u16) -> Option<(u64, u64)> {
        let entry = self.entries.get(&tag)?;
        entry.values.is_empty().then_some((entry.offset, entry.count.checked_mul(entry.size)?))
    }

    pub(crate) fn has(&self, tag: u16) -> bool {
        self.entries.contains_key(&tag)
    }

    pub(crate) fn orientation(&self) -> Option<Orientation> {
        Orientation::new(u8::try_from(self.value(tag::ORIENTATION)?).ok()?)
    }
}

impl Order {
    /// The number that at most eight bytes are.
    fn number(self, bytes: &[u8]) -> u64 {
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        match self {
            Self::Little => bytes.iter().rev().fold(0, add),
            Self::Big => bytes.iter().fold(0, add),
        }
    }
}

fn unreadable() -> io::Error {
    io::ErrorKind::InvalidData.into()
}
