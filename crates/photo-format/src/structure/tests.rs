use proptest::prelude::*;

use super::*;

const JPEG_CUT: &str = "The photo is cut short: its JPEG data ends before the picture does.";

fn notes_of(format: PhotoFormat, photo: &[u8]) -> Vec<String> {
    let mut check = StructureCheck::new(format);
    check.update(photo);
    check.finish()
}

/// A JPEG with restarts and a byte 0xFF among its pixels, then a second scan.
fn jpeg() -> Vec<u8> {
    [
        b"\xFF\xD8\xFF\xE0\x00\x04ab\xFF\xFF\xC0\x00\x0B\x08\x00\x10\x00\x20\x01\x01\x11\x00"
            .as_slice(),
        b"\xFF\xDA\x00\x08\x01\x01\x00\x00\x3F\x00 pixels\xFF\x00\xFF\xD0 more\xFF\xD1 more",
        b"\xFF\xC4\x00\x04ab\xFF\xDA\x00\x08\x01\x01\x00\x00\x3F\x00 pixels\xFF\xD0 more\xFF\xD9",
    ]
    .concat()
}

fn png() -> Vec<u8> {
    let chunk = |kind: &[u8], content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&length, kind, content, b"sums"].concat()
    };
    let (head, pixels, end) =
        (chunk(b"IHDR", &[0; 13]), chunk(b"IDAT", b"abc"), chunk(b"IEND", b""));
    [b"\x89PNG\r\n\x1A\n".to_vec(), head, pixels, end].concat()
}

fn gif() -> Vec<u8> {
    let comment = b"!\xFE\x03abc\0";
    let image = b",\0\0\0\0\x08\0\x08\0\x80abcdef\x02\x02ab\x01c\0";
    [b"GIF89a\x08\0\x08\0\x80\0\0abcdef".as_slice(), comment, image, b";"].concat()
}

fn webp() -> Vec<u8> {
    b"RIFF\x0C\0\0\0WEBPVP8 \0\0\0\0".to_vec()
}

fn heic() -> Vec<u8> {
    b"\0\0\0\x10ftypheic\0\0\0\0\0\0\0\x0Cmetaabcd\0\0\0\x01mdat\0\0\0\0\0\0\0\x14abcd".to_vec()
}

fn photos() -> [(PhotoFormat, Vec<u8>); 5] {
    [
        (PhotoFormat::Jpeg, jpeg()),
        (PhotoFormat::Png, png()),
        (PhotoFormat::Gif, gif()),
        (PhotoFormat::WebP, webp()),
        (PhotoFormat::Heic, heic()),
    ]
}

#[test]
fn a_whole_photo_has_no_notes_whatever_stands_behind_it() {
    for (format, photo) in photos() {
        assert_eq!(notes_of(format, &photo), [""; 0], "{format}");
        let followed = [photo, b"PK\x03\x04\x00\x01\x02 a film".to_vec()].concat();
        assert_eq!(notes_of(format, &followed), [""; 0], "{format}");
    }
}

#[test]
fn a_photo_that_is_cut_short_anywhere_says_so() {
    for (format, photo) in photos() {
        for end in 1..photo.len() {
            // Between two boxes there is nothing to tell that others should follow.
            if format == PhotoFormat::Heic && matches!(end, 16 | 28) {
                continue;
            }
            assert_eq!(
                notes_of(format, &photo[..end]),
                [StructureCheck::cut_short(format)],
                "{format}, {end} bytes"
            );
        }
    }
    assert_eq!(StructureCheck::cut_short(PhotoFormat::Jpeg), JPEG_CUT);
}

#[test]
fn restarts_out_of_order_and_stray_markers_are_damage() {
    let photo = jpeg();
    let at = photo.windows(2).position(|it| it == b"\xFF\xD1").unwrap();
    let mut skipped = photo.clone();
    skipped[at + 1] = 0xD3;
    assert_eq!(notes_of(PhotoFormat::Jpeg, &skipped), [MISPLACED]);
    // It would be a segment that is longer than the rest of the photo.
    let mut astray = photo;
    astray[at + 1] = 0xE5;
    assert_eq!(notes_of(PhotoFormat::Jpeg, &astray), [MISPLACED]);
}

proptest! {
    #[test]
    fn any_bytes_in_any_pieces_have_the_same_notes(
        which in 0..5_usize,
        change in any::<prop::sample::Index>(),
        byte: u8,
        piece in 1..40_usize,
    ) {
        let (format, mut photo) = photos()[which].clone();
        let at = change.index(photo.len());
        photo[at] = byte;
        let mut check = StructureCheck::new(format);
        photo.chunks(piece).for_each(|piece| check.update(piece));
        prop_assert_eq!(check.finish(), notes_of(format, &photo));
    }
}
