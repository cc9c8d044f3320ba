//! The fields of a result, each under its path.

use super::json_text::{Token, Tokens, unquoted};

/// Objects inside of so many others are not taken apart any more.
const MAX_DEPTH: usize = 8;

/// Tells of every field of a result: its path, such as `size.width`, and its value. Strings are
/// told without quotes, numbers as they were written, `null` as nothing, arrays and empty objects
/// as JSON. The path of a result that is no object is empty.
pub(super) fn each_field(json: &str, mut tell: impl FnMut(&str, &str)) {
    let mut tokens = Tokens::new(json);
    // The names of the members that are open.
    let mut path: Vec<String> = Vec::new();
    let mut is_name = false;
    while let Some((begin, token)) = tokens.next() {
        match token {
            Token::Text(name) if is_name => {
                if let Some(last) = path.last_mut() {
                    *last = unquoted(name).into_owned();
                }
                is_name = false;
            }
            Token::Text(text) => tell(&path.join("."), &unquoted(text)),
            Token::Literal("null") => tell(&path.join("."), ""),
            Token::Literal(literal) => tell(&path.join("."), literal),
            Token::Mark(b'{') if path.len() < MAX_DEPTH && !is_empty(&tokens) => {
                path.push(String::new());
                is_name = true;
            }
            Token::Mark(b'{' | b'[') => tell(&path.join("."), tokens.span(begin)),
            Token::Mark(b'}') => drop(path.pop()),
            Token::Mark(b',') => is_name = true,
            Token::Mark(_) => {}
        }
    }
}

/// Whether an object ends where it begins.
fn is_empty(behind_begin: &Tokens<'_>) -> bool {
    behind_begin.clone().next().is_some_and(|(_, token)| token == Token::Mark(b'}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        each_field(json, |path, value| fields.push((path.to_owned(), value.to_owned())));
        fields
    }

    fn owned(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn every_field_has_its_path_and_numbers_are_not_touched() {
        let json = r#"{"n": 1e400, "size": {"w": 3, "h": {"x": "a\"b"}}, "tags": [1, {"a": 2}],
                       "none": null, "empty": {}, "last": true}"#;
        let expected = [
            ("n", "1e400"),
            ("size.w", "3"),
            ("size.h.x", "a\"b"),
            ("tags", "[1, {\"a\": 2}]"),
            ("none", ""),
            ("empty", "{}"),
            ("last", "true"),
        ];
        assert_eq!(fields(json), owned(&expected));
    }

    #[test]
    fn what_is_no_object_is_one_field() {
        for (json, value) in [("42", "42"), ("\"a\"", "a"), ("[1]", "[1]"), ("{}", "{}")] {
            assert_eq!(fields(json), owned(&[("", value)]), "{json}");
        }
    }

    #[test]
    fn depth_does_not_make_columns_without_an_end() {
        let deep = format!("{}1{}", "{\"a\":".repeat(1_000), "}".repeat(1_000));
        let fields = fields(&deep);
        assert_eq!(fields.len(), 1);
        assert_eq!(fields[0].0, "a.a.a.a.a.a.a.a");
        assert!(fields[0].1.starts_with("{\"a\":{"));
    }
}
