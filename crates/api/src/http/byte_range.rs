//! A part of a stored photo (RFC 9110, 14): for players, for downloads that broke off.

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{EntityTag, Header, IF_RANGE, Range};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use photo_core::ports::{ImageBytes, ImageStoreError};

/// Which bytes of a content a client asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ByteRange {
    /// All of them. Also where it asks for several ranges at once, or for none that makes sense.
    Whole,
    /// From the first to the last, both included.
    Part { first: u64, last: u64 },
    /// Some that lie behind the content's end.
    Unsatisfiable,
}

impl ByteRange {
    /// Reads which bytes of a content with this tag and length are asked for.
    pub(crate) fn of(request: &HttpRequest, tag: &EntityTag, bytes: u64) -> Self {
        if request.method() != Method::GET || !is_unchanged(request, tag) {
            return Self::Whole;
        }
        match Range::parse(request) {
            Ok(Range::Bytes(ranges)) => match ranges.as_slice() {
                [range] => match range.to_satisfiable_range(bytes) {
                    Some((first, last)) => Self::Part { first, last },
                    None => Self::Unsatisfiable,
                },
                _ => Self::Whole,
            },
            _ => Self::Whole,
        }
    }
}

/// Whether a client that has a part already has one of this content. A date says nothing about it:
/// a photo has none.
fn is_unchanged(request: &HttpRequest, tag: &EntityTag) -> bool {
    let Some(had) = request.headers().get(IF_RANGE) else { return true };
    let had = had.to_str().ok().and_then(|had| had.parse::<EntityTag>().ok());
    had.is_some_and(|had| had.strong_eq(tag))
}

/// What is left to be done for a part.
struct Part {
    whole: ImageBytes,
    /// How many bytes are passed over before it.
    skipped: u64,
    /// How many bytes of it are left.
    left: u64,
    /// Its last bytes, which are kept back.
    end: Option<Bytes>,
}

/// A part of a photo's bytes. The photo is read to its end before the part's last bytes are passed
/// on, so that a photo that is found damaged there is not taken for whole.
pub(crate) fn part(whole: ImageBytes, first: u64, last: u64) -> ImageBytes {
    let part = Part { whole, skipped: first, left: last + 1 - first, end: None };
    let pieces = stream::unfold(Some(part), async |part| {
        let mut part = part?;
        match part.next().await {
            Ok(Some(piece)) => Some((Ok(piece), Some(part))),
            Ok(None) => Some((Ok(part.end?), None)),
            Err(error) => Some((Err(error), None)),
        }
    });
    pieces.boxed()
}

impl Part {
    /// The next bytes but for the last ones; nothing once the photo is read.
    async fn next(&mut self) -> Result<Option<Bytes>, ImageStoreError> {
        while let Some(piece) = self.whole.next().await {
            let mut piece = piece?;
            let skipped = self.skipped.min(piece.len() as u64);
            self.skipped -= skipped;
            // At most as many bytes as the piece has.
            piece = piece.slice(usize::try_from(skipped).unwrap_or(piece.len())..);
            piece.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            if piece.is_empty() {
                continue;
            }
            self.left -= piece.len() as u64;
            if self.left > 0 {
                return Ok(Some(piece));
            }
            self.end = Some(piece);
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use futures_util::TryStreamExt;

    use super::*;

    fn tag() -> EntityTag {
        EntityTag::new_strong("a".to_owned())
    }

    fn range(headers: &[(&'static str, &'static str)]) -> ByteRange {
        let request = headers
            .iter()
            .fold(TestRequest::get(), |request, header| request.insert_header(*header));
        ByteRange::of(&request.to_http_request(), &tag(), 100)
    }

    #[test]
    fn one_range_is_served_and_whatever_else_is_asked_for_is_the_whole() {
        let part = |first, last| ByteRange::Part { first, last };
        for (text, expected) in [
            ("bytes=0-9", part(0, 9)),
            ("bytes=90-", part(90, 99)),
            ("bytes=-10", part(90, 99)),
            ("bytes=-1000", part(0, 99)),
            ("bytes=50-1000", part(50, 99)),
            ("bytes=100-", ByteRange::Unsatisfiable),
            ("bytes=-0", ByteRange::Unsatisfiable),
            ("bytes=0-1,5-6", ByteRange::Whole),
            ("bytes=", ByteRange::Whole),
            ("bytes=a-b", ByteRange::Whole),
            ("bytes=99999999999999999999-", ByteRange::Whole),
            ("lines=1-2", ByteRange::Whole),
        ] {
            assert_eq!(range(&[("range", text)]), expected, "{text}");
        }
        assert_eq!(range(&[]), ByteRange::Whole);
        for (had, expected) in [
            ("\"a\"", part(0, 9)),
            ("\"b\"", ByteRange::Whole),
            ("W/\"a\"", ByteRange::Whole),
            ("Mon, 23 Nov 2026 03:32:30 GMT", ByteRange::Whole),
        ] {
            assert_eq!(range(&[("range", "bytes=0-9"), ("if-range", had)]), expected, "{had}");
        }
        let head =
            TestRequest::default().method(Method::HEAD).insert_header(("range", "bytes=0-9"));
        assert_eq!(ByteRange::of(&head.to_http_request(), &tag(), 100), ByteRange::Whole);
    }

    fn photo(pieces: &[&'static str], is_damaged: bool) -> ImageBytes {
        let damage = is_damaged.then(|| Err(ImageStoreError::unavailable("it is damaged")));
        let pieces: Vec<_> = pieces
            .iter()
            .map(|piece| Ok(Bytes::from_static(piece.as_bytes())))
            .chain(damage)
            .collect();
        stream::iter(pieces).boxed()
    }

    #[tokio::test]
    async fn a_part_is_cut_out_wherever_the_pieces_end() {
        for pieces in [&["abcdef"][..], &["abc", "def"], &["a", "b", "c", "d", "e", "f"]] {
            for first in 0..6 {
                for last in first..6 {
                    let part: Vec<Bytes> = part(photo(pieces, false), first as u64, last as u64)
                        .try_collect()
                        .await
                        .unwrap();
                    assert_eq!(
                        part.concat(),
                        &b"abcdef"[first..=last],
                        "{first}-{last} of {pieces:?}"
                    );
                }
            }
        }
    }

    #[tokio::test]
    async fn a_part_of_a_photo_that_is_found_damaged_at_its_end_is_not_whole() {
        let mut part = part(photo(&["ab", "cd", "ef"], true), 0, 3);
        assert_eq!(part.next().await.unwrap().unwrap(), "ab");
        assert!(part.next().await.unwrap().is_err());
        assert!(part.next().await.is_none());
    }
}
