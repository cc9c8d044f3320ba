//! Whole numbers as JSON has them: 100 and 100.0 are the same.

use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Number;

/// Returns the whole number that this number is, if it is one and in range.
pub(crate) fn parse<T: FromStr>(number: &Number) -> Option<T> {
    let text = number.to_string();
    text.strip_suffix(".0").unwrap_or(&text).parse().ok()
}

/// Reads a number that may be left out.
pub(crate) fn read_optional<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<u32>, D::Error> {
    let number = Option::<Number>::deserialize(deserializer)?;
    let wrong = |number: &Number| D::Error::custom(format!("{number} is no number of jobs"));
    number.map(|number| parse(&number).ok_or_else(|| wrong(&number))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(json: &str) -> Option<u16> {
        parse(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_fraction_of_nothing() {
        for (json, number) in [("5011", 5011), ("5011.0", 5011), ("1e3", 1000), ("0.0", 0)] {
            assert_eq!(parsed(json), Some(number), "{json}");
        }
        for json in ["5011.5", "-1", "-1.0", "65536", "1e300"] {
            assert_eq!(parsed(json), None, "{json}");
        }
    }
}
