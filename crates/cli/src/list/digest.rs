//! Hashes, as programs write them.

use photo_core::ImageKey;

/// How many hexadecimal digits the hashes have that programs write in place of an MD5.
const OTHER_DIGESTS: [(usize, &str); 4] =
    [(40, "SHA-1"), (64, "SHA-256"), (96, "SHA-384"), (128, "SHA-512")];

/// The image id that a text is, in digits of either case.
pub(crate) fn parse_image_id(text: &str) -> Option<ImageKey> {
    text.to_ascii_lowercase().parse().ok()
}

/// Reads a text that is a hash by its form. `None` if it is none; an error if it is one of another
/// algorithm.
pub(super) fn read(text: &[u8]) -> Option<Result<ImageKey, String>> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    if let Some(image) = parse_image_id(text) {
        return Some(Ok(image));
    }
    let (_, name) = OTHER_DIGESTS.iter().find(|(digits, _)| *digits == text.len())?;
    Some(Err(format!("has a {name} hash; photos are named by their MD5")))
}

/// What is said of a list's hashes of another algorithm.
pub(super) fn other_algorithm(name: &str) -> String {
    format!("has a hash of {name}; photos are named by their MD5")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_have_digits_of_either_case_and_the_length_of_their_algorithm() {
        let lower = "900150983cd24fb0d6963f7d28e17f72";
        let image: ImageKey = lower.parse().unwrap();
        assert_eq!(read(lower.as_bytes()), Some(Ok(image)));
        assert_eq!(read(lower.to_uppercase().as_bytes()), Some(Ok(image)));
        let why = read("a9".repeat(32).as_bytes()).unwrap().unwrap_err();
        assert!(why.contains("SHA-256") && why.contains("MD5"), "{why}");
        for none in ["", "cafe", "photo.jpg", &lower[1..]] {
            assert_eq!(read(none.as_bytes()), None, "{none}");
        }
    }
}
