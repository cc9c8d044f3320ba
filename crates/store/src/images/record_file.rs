//! The files that records are.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use photo_core::record::{ImageRecord, RecordLine};
use photo_core::{ImageInfo, ImageKey};

/// The first line is no longer than this, in bytes.
const HEAD: usize = 512;

/// What records are called after their image.
pub(super) const EXTENSION: &str = "jsonl";

/// Where an image's record lies.
pub(super) fn path(root: &Path, image: ImageKey) -> PathBuf {
    let md5 = image.to_string();
    root.join(&md5[..2]).join(format!("{md5}.{EXTENSION}"))
}

/// An image's record, if it has one.
pub(super) fn read(root: &Path, image: ImageKey) -> io::Result<Option<ImageRecord>> {
    match fs::read(path(root, image)) {
        Ok(text) => Ok(Some(ImageRecord::parse(&text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// What is known of an image's photo, if it has a record; a record that does not say is an error,
/// since the photo may be there. Reads no more of it than needed: results may follow.
pub(super) fn read_info(root: &Path, image: ImageKey) -> io::Result<Option<ImageInfo>> {
    let file = match File::open(path(root, image)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut head = Vec::with_capacity(HEAD);
    (&file).take(HEAD as u64).read_to_end(&mut head)?;
    if let Some(info) = ImageRecord::parse(&head).info {
        return Ok(Some(info));
    }
    (&file).read_to_end(&mut head)?;
    let info = ImageRecord::parse(&head).info;
    info.map(Some).ok_or_else(|| io::Error::other(format!("the record of {image} is damaged")))
}

/// Adds lines to an image's record, if it has one; answers its file, to be synced or not. All
/// lines are one write at the file's end, so that those of several processes do not mix.
pub(super) fn append(
    root: &Path,
    image: ImageKey,
    lines: &[RecordLine],
) -> io::Result<Option<File>> {
    let mut file = match File::options().append(true).open(path(root, image)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let text: Vec<u8> = lines.iter().flat_map(RecordLine::to_text).collect();
    file.write_all(&text)?;
    Ok(Some(file))
}
