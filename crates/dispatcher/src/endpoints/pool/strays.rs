//! Answers that say nothing about the photo, and the photos that get them all the same.

use std::collections::HashMap;

use photo_core::ImageKey;

/// The most photos that are remembered of one endpoint.
const MAX_PHOTOS: usize = 1_000;

/// What it means that a request did not come to the model by what the answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stray {
    /// None comes to it now: the endpoint is out of use.
    Endpoint,
    /// The endpoint answers so about this photo and gave predictions about others meanwhile.
    Photo,
    /// The endpoint answered so about single photos before, and this may be another.
    Unclear,
}

/// The answers of one endpoint that say nothing about the photo.
#[derive(Debug, Default)]
pub(super) struct Strays {
    /// When each photo last got one, as a serial of the endpoints.
    photos: HashMap<ImageKey, u64>,
    in_a_row: u32,
    /// Whether a photo got one twice while others were predicted.
    are_about_photos: bool,
}

impl Strays {
    /// Takes in that a photo got one at `now`. The endpoint last gave a prediction at `predicted`;
    /// `many` in a row mean the endpoint, whatever was before.
    pub(super) fn note(&mut self, image: ImageKey, now: u64, predicted: u64, many: u32) -> Stray {
        self.in_a_row = self.in_a_row.saturating_add(1);
        if self.photos.len() >= MAX_PHOTOS {
            self.photos.clear();
        }
        let before = self.photos.insert(image, now);
        if before.is_some_and(|before| predicted > before) {
            self.are_about_photos = true;
            return Stray::Photo;
        }
        let is_unclear = self.are_about_photos && self.in_a_row < many;
        if is_unclear { Stray::Unclear } else { Stray::Endpoint }
    }

    /// Takes in that the model was reached.
    pub(super) fn reached(&mut self) {
        self.in_a_row = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHOTOS: [ImageKey; 3] = [
        ImageKey::from_bytes([1; 16]),
        ImageKey::from_bytes([2; 16]),
        ImageKey::from_bytes([3; 16]),
    ];

    #[test]
    fn an_answer_that_every_photo_gets_is_the_endpoints() {
        let mut strays = Strays::default();
        for now in 10..20 {
            assert_eq!(strays.note(PHOTOS[now % 3], now as u64, 5, 3), Stray::Endpoint);
        }
    }

    #[test]
    fn a_photo_that_gets_it_again_while_others_do_not_is_to_blame() {
        let mut strays = Strays::default();
        assert_eq!(strays.note(PHOTOS[0], 10, 5, 3), Stray::Endpoint);
        strays.reached();
        assert_eq!(strays.note(PHOTOS[0], 12, 11, 3), Stray::Photo);
        strays.reached();
        // Others are given the benefit of the doubt, until there are many.
        assert_eq!(strays.note(PHOTOS[1], 14, 13, 3), Stray::Unclear);
        assert_eq!(strays.note(PHOTOS[1], 15, 13, 3), Stray::Unclear);
        assert_eq!(strays.note(PHOTOS[2], 16, 13, 3), Stray::Endpoint);
        strays.reached();
        assert_eq!(strays.note(PHOTOS[2], 18, 17, 3), Stray::Photo);
    }
}
