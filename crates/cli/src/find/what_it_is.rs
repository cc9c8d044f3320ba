//! What a file is that is no photo of a format that is taken.

use std::path::Path;

/// The first bytes of pictures that are not taken.
const PICTURES: [(&[u8], &str); 11] = [
    (b"<svg", "SVG"),
    (b"\0\0\x01\0", "an icon (ICO)"),
    (b"qoif", "QOI"),
    (b"\x76\x2F\x31\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"farbfeld", "farbfeld"),
    (b"gimp xcf", "a file of GIMP (XCF)"),
    (b"FLIF", "FLIF"),
    (b"BPG\xFB", "BPG"),
    (b"SIMPLE  =", "FITS"),
    (b"DDS ", "DDS"),
];

/// The first bytes of other files that lie among photos, behind this many others.
const OTHERS: [(usize, &[u8], &str); 6] = [
    (0, b"%PDF-", "PDF"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (4, b"ftyp", "a video, or another file of the MP4 family"),
    (8, b"AVI ", "a video (AVI)"),
    (0, b"\x1A\x45\xDF\xA3", "a video (Matroska, WebM)"),
    (0, b"\0\x05\x16\x07", "what macOS keeps beside a file"),
];

/// The ends of the names of photos, in lower case.
const EXTENSIONS: [&str; 34] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "tif", "tiff", "bmp", "dib", "heic",
    "heif", "hif", "avif", "jxl", "jp2", "jpf", "j2k", "psd", "dng", "cr2", "cr3", "crw", "nef",
    "nrw", "arw", "sr2", "raf", "rw2", "orf", "pef", "srw", "3fr",
];

/// Why what begins so is not taken, to be read behind its name.
pub(super) fn why_not(head: &[u8]) -> String {
    if head.is_empty() {
        return "is empty".to_owned();
    }
    match known(head) {
        Some(name) => format!("is {name}, which is not taken"),
        None if is_text(head) => "is no photo but text".to_owned(),
        None if head.iter().all(|byte| *byte == 0) => {
            "is no photo: it begins with zeros, as files do that were never written to the end"
                .to_owned()
        }
        None => "is no photo".to_owned(),
    }
}

/// Whether what begins so is a picture, of a kind that is not taken.
pub(super) fn is_picture(head: &[u8]) -> bool {
    picture(head).is_some()
}

/// Whether a file is called like a photo.
pub(super) fn has_photo_name(path: &Path) -> bool {
    // What macOS writes beside files on foreign disks bears their names.
    let is_companion =
        path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"._"));
    let extension = path.extension().and_then(|it| it.to_str()).map(str::to_ascii_lowercase);
    !is_companion && extension.is_some_and(|it| EXTENSIONS.contains(&it.as_str()))
}

fn picture(head: &[u8]) -> Option<&'static str> {
    PICTURES.iter().find(|(begins, _)| head.starts_with(begins)).map(|(_, name)| *name)
}

fn known(head: &[u8]) -> Option<&'static str> {
    let others = || {
        let is_it = |at: usize, has: &[u8]| head.get(at..).is_some_and(|it| it.starts_with(has));
        OTHERS.iter().find(|(at, has, _)| is_it(*at, has)).map(|(_, _, name)| *name)
    };
    picture(head).or_else(others)
}

fn is_text(head: &[u8]) -> bool {
    // The last character may be cut.
    let whole = match std::str::from_utf8(head) {
        Err(error) if error.error_len().is_some() => return false,
        Err(error) => &head[..error.valid_up_to()],
        Ok(_) => head,
    };
    !whole.is_empty()
        && !whole.iter().any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_taken_is_called_by_its_name() {
        for (head, why) in [
            (b"".as_slice(), "is empty"),
            (b"%PDF-1.7", "is PDF, which is not taken"),
            (b"PK\x03\x04\x14\0", "is a ZIP archive, which is not taken"),
            (
                b"\0\0\0\x18ftypisom",
                "is a video, or another file of the MP4 family, which is not taken",
            ),
            ("naïve".as_bytes(), "is no photo but text"),
            ("na\u{ef}".as_bytes().split_last().unwrap().1, "is no photo but text"),
            (b"\x01\x02\xFF\xFF", "is no photo"),
        ] {
            assert_eq!(why_not(head), why, "{head:?}");
        }
        assert!(why_not(&[0; 64]).contains("zeros"));
        assert!(is_picture(b"qoif") && !is_picture(b"%PDF-1") && !is_picture(b"a text"));
    }

    #[test]
    fn photos_are_known_by_their_names_in_either_case() {
        for name in ["a.JPG", "below/b.Heic", "c.CR3"] {
            assert!(has_photo_name(Path::new(name)), "{name}");
        }
        for name in ["a.txt", "jpg", "b.jpg.part", "._c.jpg", "Thumbs.db"] {
            assert!(!has_photo_name(Path::new(name)), "{name}");
        }
    }
}
