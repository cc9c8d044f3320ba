//! JSON taken apart without being read: numbers stay as they were written, however long they are.

use std::borrow::Cow;

/// A piece of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// One of `{}[],:`.
    Mark(u8),
    /// A string, with its quotes.
    Text(&'a str),
    /// A number, `true`, `false` or `null`.
    Literal(&'a str),
}

/// Takes apart a text that is JSON: each piece, and where it begins.
#[derive(Debug, Clone)]
pub(super) struct Tokens<'a> {
    json: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(json: &'a str) -> Self {
        Self { json, at: 0 }
    }

    /// The text from one piece's beginning to behind the piece that ends it: an array, an object.
    pub(super) fn span(&mut self, begin: usize) -> &'a str {
        let mut depth = 1;
        for (_, token) in self.by_ref() {
            match token {
                Token::Mark(b'{' | b'[') => depth += 1,
                Token::Mark(b'}' | b']') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        self.json.get(begin..self.at).unwrap_or_default()
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = (usize, Token<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.json.as_bytes();
        let blank = |byte: &u8| byte.is_ascii_whitespace();
        let begin = self.at + bytes[self.at..].iter().take_while(|byte| blank(byte)).count();
        let first = *bytes.get(begin)?;
        let rest = &bytes[begin + 1..];
        let length = match first {
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            b'"' => 1 + string_length(rest),
            _ => {
                let is_end = |byte: &u8| blank(byte) || b"{}[],:\"".contains(byte);
                1 + rest.iter().position(is_end).unwrap_or(rest.len())
            }
        };
        self.at = begin + length;
        let text = &self.json[begin..self.at];
        let token = match first {
            b'"' => Token::Text(text),
            _ if length == 1 && b"{}[],:".contains(&first) => Token::Mark(first),
            _ => Token::Literal(text),
        };
        Some((begin, token))
    }
}

/// How long the rest of a string is, with its closing quote.
fn string_length(rest: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = rest.iter().position(|byte| {
        let ends = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        ends
    });
    end.map_or(rest.len(), |end| end + 1)
}

/// What a string says. One that cannot be read, such as half a surrogate pair, is shown as it was
/// written.
pub(super) fn unquoted(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text.trim_matches('"'));
    }
    serde_json::from_str(text).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_as_they_were_written() {
        let json = r#" {"a\"\\": [1e400, -0.10, true], "é":null}"#;
        let tokens: Vec<Token<'_>> = Tokens::new(json).map(|(_, token)| token).collect();
        let mark = |text: &str| Token::Mark(text.as_bytes()[0]);
        let expected = [
            mark("{"),
            Token::Text(r#""a\"\\""#),
            mark(":"),
            mark("["),
            Token::Literal("1e400"),
            mark(","),
            Token::Literal("-0.10"),
            mark(","),
            Token::Literal("true"),
            mark("]"),
            mark(","),
            Token::Text("\"é\""),
            mark(":"),
            Token::Literal("null"),
            mark("}"),
        ];
        assert_eq!(tokens, expected);
        assert_eq!(unquoted(r#""a\"\\""#), "a\"\\");
        assert_eq!(unquoted(r#""\ud800""#), r#""\ud800""#);
    }
}
