//! The name of a model.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::text_form::{text_form, text_schema};

/// A model's name: 1 to 64 of `A-Z a-z 0-9 . _ -`, beginning with a letter or a digit.
///
/// The characters are those that need no escaping in a URL path, a file name, a Redis key, a
/// metric label or a log line; 64 bytes is the longest field name that keeps a Redis hash in its
/// compact encoding. Cloning is cheap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelName(Arc<str>);

/// Why a text is not a [`ModelName`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a model name is 1 to 64 of the characters A-Z a-z 0-9 . _ - and begins with a letter or digit"
)]
pub struct InvalidModelName;

impl ModelName {
    /// The longest name, in bytes.
    pub const MAX_LEN: usize = 64;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ModelName {
    type Err = InvalidModelName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ok = (1..=Self::MAX_LEN).contains(&text.len())
            && text.as_bytes()[0].is_ascii_alphanumeric()
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        if ok { Ok(Self(text.into())) } else { Err(InvalidModelName) }
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_form!(ModelName);
text_schema!(ModelName, "A model's name.", "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", "average_color");

impl Borrow<str> for ModelName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn good_names_print_as_they_were_written(text in "[A-Za-z0-9][A-Za-z0-9._-]{0,63}") {
            prop_assert_eq!(text.parse::<ModelName>().unwrap().to_string(), text);
        }

        #[test]
        fn a_name_that_parses_has_only_safe_characters(text in ".{0,70}") {
            if let Ok(name) = text.parse::<ModelName>() {
                prop_assert!(name.as_str().bytes().all(|b| b.is_ascii_graphic()));
                let unsafe_ones = ['/', ':', '{', '}', '*', '"', '\\', '%'];
                prop_assert!(!name.as_str().contains(unsafe_ones));
            }
        }
    }

    #[test]
    fn bad_names_are_refused() {
        for bad in ["", ".", "..", "-a", "a b", "a/b", "a:b", "é", "a\n", &"a".repeat(65)] {
            assert_eq!(bad.parse::<ModelName>(), Err(InvalidModelName), "{bad:?}");
        }
    }
}
