//! JSON as a person reads it.

use std::fmt::{self, Write};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::text::printable;

/// A model's result on one line: `r 174, g 127, b 102, hex #ae7f66`. Its parts stand in the order
/// in which the model wrote them.
pub(crate) fn in_words(json: &RawValue) -> String {
    let mut text = String::new();
    let written = Words(&mut text).deserialize(&mut serde_json::Deserializer::from_str(json.get()));
    match written {
        Ok(()) => printable(&text).into_owned(),
        // Too deep to be read, which a line is no place for anyway.
        Err(_) => printable(json.get()).into_owned(),
    }
}

/// Writes a value at the end of a text.
struct Words<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for Words<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_any(self)
    }
}

impl Words<'_> {
    fn say(self, text: impl fmt::Display) {
        // Writing to a string does not fail.
        let _ = write!(self.0, "{text}");
    }
}

impl<'de> Visitor<'de> for Words<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.say(value);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.say(value);
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.say(value);
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.say(value);
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.say(value);
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.say("nothing");
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.0.push('[');
        let mut is_first = true;
        loop {
            // That there is another one is known only once it is written.
            let before = self.0.len();
            self.0.push_str(if is_first { "" } else { ", " });
            is_first = false;
            if items.next_element_seed(Words(self.0))?.is_none() {
                self.0.truncate(before);
                self.0.push(']');
                return Ok(());
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        // What stands alone needs no brackets around it.
        let is_inside = !self.0.is_empty();
        self.0.push_str(if is_inside { "(" } else { "" });
        let mut is_first = true;
        while let Some(name) = members.next_key::<String>()? {
            self.0.push_str(if is_first { "" } else { ", " });
            is_first = false;
            self.0.push_str(&name);
            self.0.push(' ');
            members.next_value_seed(Words(self.0))?;
        }
        self.0.push_str(if is_inside { ")" } else { "" });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(json: &str) -> String {
        in_words(&RawValue::from_string(json.to_owned()).unwrap())
    }

    #[test]
    fn results_read_like_a_sentence_in_their_own_order() {
        let json =
            r##"{"r": 174, "hex": "#ae7f66", "size": {"w": 3, "h": 2.5}, "tags": ["a", null]}"##;
        assert_eq!(words(json), "r 174, hex #ae7f66, size (w 3, h 2.5), tags [a, nothing]");
        assert_eq!(words(r#"[{"x": 1}, {}, [], -2, "", ""]"#), "[(x 1), (), [], -2, , ]");
        assert_eq!([words("true"), words("{}"), words("[]")], ["true", "", "[]"]);
    }

    #[test]
    fn what_a_model_says_gives_no_orders_and_may_be_deep() {
        assert_eq!(words(r#"{"a\u001b": "\u0007"}"#), "a\\u{1b} \\u{7}");
        let deep = format!("{}1{}", "[".repeat(1_000), "]".repeat(1_000));
        assert_eq!(words(&deep), deep);
    }
}
