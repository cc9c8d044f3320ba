//! The identity of a photo.

use std::fmt;
use std::str::FromStr;

use crate::text_form::{text_form, text_schema};

/// The MD5 of a photo's bytes, and its name everywhere: in URLs, file names, keys and logs.
///
/// Written as exactly 32 lower-case hexadecimal digits, the form `md5sum` prints and clients of
/// the original server send; no other spelling is accepted, so that one photo has one name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageKey([u8; 16]);

/// Why a text is not an [`ImageKey`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an image hash is 32 lower-case hexadecimal digits (the MD5 of the photo's bytes)")]
pub struct InvalidImageKey;

impl ImageKey {
    /// The key with these 16 bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes of the MD5.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl TryFrom<&[u8]> for ImageKey {
    type Error = InvalidImageKey;

    fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
        bytes.try_into().map(Self).map_err(|_| InvalidImageKey)
    }
}

impl FromStr for ImageKey {
    type Err = InvalidImageKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if !text.bytes().all(lower_hex) {
            return Err(InvalidImageKey);
        }
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidImageKey)?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for ImageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 32];
        hex::encode_to_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

text_form!(ImageKey);
text_schema!(
    ImageKey,
    "The MD5 of a photo's bytes, and its name everywhere: 32 lower-case hexadecimal digits.",
    "^[0-9a-f]{32}$",
    "1d52825755108a2a6df146737f6149cb"
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_key_parses_back_from_its_text(bytes: [u8; 16]) {
            let key = ImageKey::from_bytes(bytes);
            prop_assert_eq!(key.to_string().parse(), Ok(key));
            prop_assert_eq!(key.to_string().len(), 32);
        }

        #[test]
        fn only_the_printed_form_parses(text in "[0-9a-fA-F]{30,34}|.{0,40}") {
            if let Ok(key) = text.parse::<ImageKey>() {
                prop_assert_eq!(key.to_string(), text);
            }
        }
    }

    #[test]
    fn upper_case_is_another_spelling_and_refused() {
        assert!("D41D8CD98F00B204E9800998ECF8427E".parse::<ImageKey>().is_err());
        assert!("d41d8cd98f00b204e9800998ecf8427e".parse::<ImageKey>().is_ok());
    }
}
