//! Whether a photo is whole, told from the frame of its format while its bytes go by.

mod boxes;
mod gif;
mod jpeg;
mod png;
#[cfg(test)]
mod tests;

use crate::PhotoFormat;

/// What a JPEG ends with.
const JPEG_END: [u8; 2] = [0xFF, 0xD9];

/// The sentence about a JPEG whose markers are not those that its scans have.
const MISPLACED: &str = "The photo is damaged: its JPEG data has markers where they do not belong.";

/// Looks at a photo's bytes as they come, in pieces of any size, and says in the end what is wrong
/// with it. It decodes nothing and keeps a few bytes: of JPEG it finds the marks, of the others it
/// goes from chunk to chunk.
#[derive(Debug)]
pub struct StructureCheck {
    format: PhotoFormat,
    walker: Option<Walker>,
    next: Step,
    /// What has come of the bytes that the next step wants.
    taken: Vec<u8>,
    /// The last bytes there were.
    last: [u8; 2],
}

/// Goes over the parts of one format.
#[derive(Debug)]
enum Walker {
    Jpeg(jpeg::JpegWalker),
    Png(png::PngWalker),
    Gif(gif::GifWalker),
    Boxes(boxes::BoxWalker),
}

/// What of the photo's bytes is wanted next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// So many bytes.
    Take(usize),
    /// What is behind so many bytes.
    Skip(u64),
    /// What is behind the next byte 0xFF.
    Find,
    /// Nothing.
    End,
}

impl StructureCheck {
    /// Begins with a photo of this format.
    pub fn new(format: PhotoFormat) -> Self {
        let walker = match format {
            PhotoFormat::Jpeg => Some(Walker::Jpeg(jpeg::JpegWalker::default())),
            PhotoFormat::Png => Some(Walker::Png(png::PngWalker::default())),
            PhotoFormat::Gif => Some(Walker::Gif(gif::GifWalker::default())),
            PhotoFormat::WebP => Some(Walker::Boxes(boxes::BoxWalker::Riff)),
            PhotoFormat::Heic | PhotoFormat::Avif | PhotoFormat::Cr3 => {
                Some(Walker::Boxes(boxes::BoxWalker::default()))
            }
            _ => None,
        };
        let next = walker.as_ref().map_or(Step::End, Walker::first);
        Self { format, walker, next, taken: Vec::new(), last: [0; 2] }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, mut piece: &[u8]) {
        match piece {
            [.., one, other] => self.last = [*one, *other],
            [other] => self.last = [self.last[1], *other],
            [] => {}
        }
        while !piece.is_empty() {
            match self.next {
                Step::End => return,
                Step::Skip(left) => {
                    let skipped = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
                    piece = &piece[skipped..];
                    self.next = Step::Skip(left - skipped as u64);
                    if self.next == Step::Skip(0) {
                        self.advance();
                    }
                }
                Step::Find => {
                    let Some(at) = memchr::memchr(0xFF, piece) else { return };
                    piece = &piece[at + 1..];
                    // Nearly all of those among pixels, where a zero says that it is no marker.
                    match piece.split_first() {
                        Some((0, rest)) => piece = rest,
                        _ => self.advance(),
                    }
                }
                Step::Take(wanted) => {
                    let taken = (wanted - self.taken.len()).min(piece.len());
                    self.taken.extend_from_slice(&piece[..taken]);
                    piece = &piece[taken..];
                    if self.taken.len() == wanted {
                        self.advance();
                    }
                }
            }
        }
    }

    /// Asks the walker what it wants next. Steps over nothing are taken at once, so that an end
    /// right behind them counts.
    fn advance(&mut self) {
        let Some(walker) = &mut self.walker else { return };
        loop {
            self.next = walker.next(&self.taken);
            self.taken.clear();
            if self.next != Step::Skip(0) {
                break;
            }
        }
    }

    /// Says what is wrong with the photo, one sentence for each thing; nothing if it is whole as
    /// far as this can tell.
    pub fn finish(self) -> Vec<String> {
        let is_jpeg = matches!(self.walker, Some(Walker::Jpeg(_)));
        let is_between = matches!(self.next, Step::Take(_)) && self.taken.is_empty();
        let is_whole = match &self.walker {
            // Files of boxes have no mark at their end.
            Some(Walker::Boxes(walker)) => {
                self.next == Step::End || (is_between && walker.is_behind_box())
            }
            _ => self.next == Step::End,
        };
        // Where it ends with its mark, another one led the walker astray.
        let is_astray = !is_whole && is_jpeg && self.last == JPEG_END;
        let mut notes = Vec::new();
        if is_astray
            || matches!(&self.walker, Some(Walker::Jpeg(it)) if it.has_misplaced_restarts())
        {
            notes.push(MISPLACED.to_owned());
        }
        if !is_whole && !is_astray {
            notes.push(Self::cut_short(self.format));
        }
        notes
    }

    /// The sentence about a photo of this format of which the end is missing.
    pub fn cut_short(format: PhotoFormat) -> String {
        format!("The photo is cut short: its {format} data ends before the picture does.")
    }
}

impl Walker {
    const fn first(&self) -> Step {
        match self {
            Self::Jpeg(_) => Step::Skip(2),
            Self::Png(_) => Step::Skip(8),
            Self::Gif(_) => Step::Take(gif::HEAD),
            Self::Boxes(_) => Step::Take(8),
        }
    }

    fn next(&mut self, taken: &[u8]) -> Step {
        match self {
            Self::Jpeg(walker) => walker.next(taken),
            Self::Png(walker) => walker.next(taken),
            Self::Gif(walker) => walker.next(taken),
            Self::Boxes(walker) => walker.next(taken),
        }
    }
}
