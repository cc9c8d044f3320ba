//! The chunks of a PNG, up to the last.

use super::Step;

#[derive(Debug, Default)]
pub(super) struct PngWalker {
    is_last: bool,
    is_in_chunk: bool,
}

impl PngWalker {
    pub(super) fn next(&mut self, taken: &[u8]) -> Step {
        if self.is_last {
            return Step::End;
        }
        if let [a, b, c, d, kind @ ..] = taken
            && !self.is_in_chunk
            && kind.len() == 4
        {
            (self.is_in_chunk, self.is_last) = (true, kind == b"IEND");
            // With the checksum behind the content.
            return Step::Skip(u64::from(u32::from_be_bytes([*a, *b, *c, *d])) + 4);
        }
        self.is_in_chunk = false;
        Step::Take(8)
    }
}
