//! The outermost boxes of a file of boxes, and the one box that a WebP is.

use super::Step;

#[derive(Debug)]
pub(super) enum BoxWalker {
    /// A WebP, before its length.
    Riff,
    /// In a WebP.
    RiffContent,
    /// Before a box.
    Box { is_begun: bool },
    /// Behind the head of a box whose length is in the next eight bytes.
    Long,
    /// In a box.
    Content,
}

impl Default for BoxWalker {
    fn default() -> Self {
        Self::Box { is_begun: false }
    }
}

impl BoxWalker {
    /// Whether this stands behind a box.
    pub(super) const fn is_behind_box(&self) -> bool {
        matches!(self, Self::Box { is_begun: true })
    }

    pub(super) fn next(&mut self, taken: &[u8]) -> Step {
        match (&*self, taken) {
            (Self::Riff, [_, _, _, _, a, b, c, d]) => {
                *self = Self::RiffContent;
                Step::Skip(u32::from_le_bytes([*a, *b, *c, *d]).into())
            }
            // What is behind it is not the photo's.
            (Self::RiffContent, _) => Step::End,
            (Self::Box { .. }, [_, _, _, _, kind @ ..])
                if !kind.iter().all(|byte| matches!(byte, b' '..=b'~')) =>
            {
                Step::End
            }
            (Self::Box { .. }, [a, b, c, d, ..]) => match u32::from_be_bytes([*a, *b, *c, *d]) {
                1 => {
                    *self = Self::Long;
                    Step::Take(8)
                }
                // Up to the file's end, or no box any more.
                0 | 2..8 => Step::End,
                length => {
                    *self = Self::Content;
                    Step::Skip(u64::from(length) - 8)
                }
            },
            (Self::Long, length) => {
                let length = length.try_into().map_or(0, u64::from_be_bytes);
                *self = Self::Content;
                Step::Skip(length.saturating_sub(16))
            }
            _ => {
                *self = Self::Box { is_begun: true };
                Step::Take(8)
            }
        }
    }
}
