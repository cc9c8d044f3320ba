//! Reading a photo's header, for as long as a header can be.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use photo_core::PhotoFormat;
use photo_core::photo_format::Header;

/// How many times a header may make us read or seek. Those of real photos take a few dozen; one
/// made of millions of empty segments would keep a thread busy for minutes.
const MOST_STEPS: u32 = 10_000;

/// What the header of a photo of this format says, read in a bounded number of steps; `None` if it
/// cannot be made out. `file` stands at its beginning.
pub fn read_header(format: PhotoFormat, file: impl Read + Seek) -> Option<Header> {
    let file = BoundedFile::new(file);
    // The header is the client's: a parser that panics over it has found it unreadable.
    catch_unwind(AssertUnwindSafe(|| Header::read(format, file).ok())).unwrap_or_default()
}

/// A file that can be read only so often.
struct BoundedFile<F> {
    file: BufReader<F>,
    steps_left: u32,
}

impl<F: Read + Seek> BoundedFile<F> {
    fn new(file: F) -> Self {
        Self { file: BufReader::new(file), steps_left: MOST_STEPS }
    }

    fn step(&mut self) -> io::Result<()> {
        self.steps_left = self
            .steps_left
            .checked_sub(1)
            .ok_or_else(|| io::Error::other("the header is endless"))?;
        Ok(())
    }
}

impl<F: Read + Seek> Read for BoundedFile<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.step()?;
        self.file.read(buffer)
    }
}

impl<F: Read + Seek> BufRead for BoundedFile<F> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.step()?;
        self.file.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.file.consume(amount);
    }
}

impl<F: Read + Seek> Seek for BoundedFile<F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.step()?;
        match to {
            // Within the buffer where that is possible.
            SeekFrom::Current(offset) => {
                self.file.seek_relative(offset)?;
                self.file.stream_position()
            }
            to => self.file.seek(to),
        }
    }
}
