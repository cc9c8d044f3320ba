//! A photo's size, orientation and embedded preview, from its header.

mod bmp;
mod boxes;
mod heif;
mod jp2;
mod jpeg;
mod jxl;
mod png;
mod raw;
#[cfg(test)]
mod tests;
mod tiff;
mod webp;

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use crate::orientation::Orientation;
use crate::{Dimensions, PhotoFormat};

/// What a photo's header says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The format, more exactly than the first bytes tell it: of a TIFF, which camera's RAW it is.
    pub format: PhotoFormat,
    /// The size of the stored pixels, before they are turned. What a decoder would allocate is
    /// never more. [`Dimensions::UNKNOWN`] for camera RAW that does not say.
    pub dimensions: Dimensions,
    /// How the pixels are to be turned.
    pub orientation: Orientation,
    /// Where in the file the largest JPEG lies that a camera RAW file shows itself by: its offset
    /// and length in bytes.
    pub preview: Option<(u64, u64)>,
    /// Whether the header counts on bytes that the file does not have.
    pub is_cut_short: bool,
}

impl Header {
    /// Reads the header of a file that [`PhotoFormat::sniff`] found to be of this format. An error
    /// says that the header makes no sense, or that it could not be read.
    pub fn read(format: PhotoFormat, mut file: impl BufRead + Seek) -> io::Result<Self> {
        let file = &mut file;
        file.rewind()?;
        let header = match format {
            PhotoFormat::Jpeg => jpeg::read(file)?,
            PhotoFormat::Bmp => bmp::read(file)?,
            PhotoFormat::Png => png::read(file)?,
            PhotoFormat::WebP => webp::read(file)?,
            PhotoFormat::Gif | PhotoFormat::Psd => Self::new(format, library_size(file)?),
            PhotoFormat::Heic | PhotoFormat::Avif => heif::read(format, file)?,
            PhotoFormat::Cr3 => raw::read_cr3(file)?,
            PhotoFormat::Jxl => jxl::read(file)?,
            PhotoFormat::Jp2 => jp2::read(file)?,
            PhotoFormat::Raf => raw::read_raf(file)?,
            _ => tiff::read(format, file)?,
        };
        if header.dimensions.pixels() == 0 && !header.format.is_raw() {
            return Err(unreadable());
        }
        Ok(header)
    }

    fn new(format: PhotoFormat, dimensions: Dimensions) -> Self {
        Self {
            format,
            dimensions,
            orientation: Orientation::UPRIGHT,
            preview: None,
            is_cut_short: false,
        }
    }
}

/// The size that the library finds from the file's beginning.
fn library_size(file: &mut (impl BufRead + Seek)) -> io::Result<Dimensions> {
    file.rewind()?;
    let size = imagesize::reader_size(file).map_err(|_| unreadable())?;
    let side = |side: usize| u32::try_from(side).map_err(|_| unreadable());
    Ok(Dimensions { width: side(size.width)?, height: side(size.height)? })
}

/// Reads so many bytes.
fn take<const N: usize>(file: &mut impl BufRead) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Reads so many bytes from an offset on, at most [`MOST_TAKEN`].
fn take_at(file: &mut (impl BufRead + Seek), offset: u64, length: u64) -> io::Result<Vec<u8>> {
    if length > MOST_TAKEN {
        return Err(unreadable());
    }
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// The most bytes of a header that are in memory at once.
const MOST_TAKEN: u64 = 4 << 20;

/// How many bytes the file has.
fn length(file: &mut impl Seek) -> io::Result<u64> {
    file.seek(SeekFrom::End(0))
}

fn unreadable() -> io::Error {
    io::ErrorKind::InvalidData.into()
}
