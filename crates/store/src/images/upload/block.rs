//! What has arrived of a photo and is written at once.

use bytes::{Bytes, BytesMut};

/// Pieces shorter than this are copied together. Each keeps the buffer it came in and costs a call
/// of the system, which a client that sends its photo byte by byte must not have us pay for.
const SHORT: usize = 4 * 1024;

/// Pieces of a photo, in order.
#[derive(Default)]
pub(crate) struct Block {
    pieces: Vec<Bytes>,
    /// The short ones since the last of `pieces`.
    short: BytesMut,
    len: usize,
}

impl Block {
    pub(crate) fn push(&mut self, piece: Bytes) {
        self.len += piece.len();
        if piece.len() < SHORT {
            self.short.extend_from_slice(&piece);
        } else {
            self.end_short();
            self.pieces.push(piece);
        }
    }

    /// How many bytes it holds.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn into_pieces(mut self) -> Vec<Bytes> {
        self.end_short();
        self.pieces
    }

    fn end_short(&mut self) {
        if !self.short.is_empty() {
            self.pieces.push(self.short.split().freeze());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_pieces_are_put_together_and_long_ones_left_as_they_are() {
        let long = Bytes::from(vec![7; SHORT]);
        let mut block = Block::default();
        for piece in [&b"a"[..], b"b", &long, b"c", &long, &long, b"d"] {
            block.push(Bytes::copy_from_slice(piece));
        }
        assert_eq!(block.len(), 3 * SHORT + 4);
        let pieces = block.into_pieces();
        let expected = [&b"ab"[..], &long, b"c", &long, &long, b"d"];
        assert_eq!(pieces, expected);
    }
}
