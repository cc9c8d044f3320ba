//! JSON as a person reads it.

use serde_json::value::RawValue;

use super::json_text::{Token, Tokens, unquoted};
use crate::text::printable;

/// A model's result on one line: `r 174, g 127, b 102, hex #ae7f66`. Its parts stand in the order
/// in which the model wrote them, and its numbers as it wrote them.
pub(crate) fn in_words(json: &RawValue) -> String {
    let json = json.get().trim();
    // What stands alone needs no brackets around it.
    let bare = json.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(json);
    let mut text = String::new();
    for (_, token) in Tokens::new(bare) {
        match token {
            Token::Mark(b'{') => text.push('('),
            Token::Mark(b'}') => text.push(')'),
            Token::Mark(b',') => text.push_str(", "),
            Token::Mark(b':') => text.push(' '),
            Token::Mark(mark) => text.push(mark.into()),
            Token::Text(string) => text.push_str(&unquoted(string)),
            Token::Literal("null") => text.push_str("nothing"),
            Token::Literal(literal) => text.push_str(literal),
        }
    }
    printable(&text).into_owned()
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
    fn numbers_are_shown_as_the_model_wrote_them() {
        for number in [
            "123456789012345678901234567890",
            "1e400",
            "-9007199254740993",
            "0.1000000000000000055511151231257827",
            "1.0",
            "1E5",
            "-0",
        ] {
            assert_eq!(words(number), number);
            assert_eq!(words(&format!("{{\"n\": [{number}]}}")), format!("n [{number}]"));
        }
    }

    #[test]
    fn what_a_model_says_gives_no_orders_and_may_be_deep() {
        assert_eq!(words(r#"{"a\u001b": "\u0007"}"#), "a\\u{1b} \\u{7}");
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(words(&deep), deep);
    }
}
