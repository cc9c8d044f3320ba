//! The blocks of a GIF, up to its trailer.

use super::Step;

/// How many bytes the header and the screen's description have.
pub(super) const HEAD: usize = 13;

/// How many bytes an image's description has.
const IMAGE: usize = 9;

#[derive(Debug, Default)]
pub(super) struct GifWalker {
    at: At,
}

#[derive(Debug, Default, Clone, Copy)]
enum At {
    #[default]
    Head,
    /// Before a block.
    Block,
    /// In a block: behind its kind.
    Kind,
    /// Behind an image's description.
    Image,
    /// Behind an image's colours.
    Codes,
    /// Behind an extension's label, or an image's code size.
    Label,
    /// Behind the length of a piece.
    Length,
    /// Behind a piece.
    Piece,
}

impl GifWalker {
    pub(super) fn next(&mut self, taken: &[u8]) -> Step {
        match (self.at, taken) {
            (At::Head, head) if head.len() == HEAD => self.skip(At::Block, colors(head[10])),
            (At::Block, _) => self.take(At::Kind, 1),
            (At::Kind, [b',']) => self.take(At::Image, IMAGE),
            (At::Kind, [b'!']) | (At::Codes, _) => self.take(At::Label, 1),
            (At::Image, image) if image.len() == IMAGE => self.skip(At::Codes, colors(image[8])),
            (At::Label | At::Piece, _) => self.take(At::Length, 1),
            (At::Length, [0]) => {
                self.at = At::Block;
                self.next(&[])
            }
            (At::Length, [length]) => self.skip(At::Piece, (*length).into()),
            // Behind the trailer, and behind what is no block: viewers stop there.
            _ => Step::End,
        }
    }

    fn take(&mut self, then: At, bytes: usize) -> Step {
        self.at = then;
        Step::Take(bytes)
    }

    fn skip(&mut self, then: At, bytes: u64) -> Step {
        self.at = then;
        Step::Skip(bytes)
    }
}

/// How many bytes the table of colours has that the flags announce.
fn colors(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}
