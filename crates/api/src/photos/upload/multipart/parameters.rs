//! Header values with parameters, such as `form-data; name="a"; filename="b.jpg"`, as clients write
//! them and not only as they should: with bytes that are no UTF-8, with quotes and backslashes that
//! are not escaped, and without quotes where characters need them.

use memchr::{memchr, memchr2};

/// Returns what a value begins with, in lower case, and its parameters in their order, their names
/// in lower case.
pub(super) fn split(value: &[u8]) -> (String, Vec<(String, Vec<u8>)>) {
    let at = memchr(b';', value).unwrap_or(value.len());
    let (kind, mut rest) = (lower(&value[..at]), value.get(at + 1..).unwrap_or_default());
    let mut parameters = Vec::new();
    while let Some(at) = memchr2(b'=', b';', rest) {
        let (name, after) = (&rest[..at], &rest[at + 1..]);
        if rest[at] == b';' {
            // It has no value, and says nothing.
            rest = after;
            continue;
        }
        let after = after.trim_ascii_start();
        let (value, next) = match after.strip_prefix(b"\"") {
            Some(quoted) => read_quoted(quoted),
            None => read_bare(after),
        };
        parameters.push((lower(name), value));
        rest = next;
    }
    (kind, parameters)
}

fn lower(name: &[u8]) -> String {
    String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase()
}

/// A value without quotes goes up to the next semicolon, whatever it holds.
fn read_bare(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let at = memchr(b';', text).unwrap_or(text.len());
    (text[..at].trim_ascii_end().to_vec(), text.get(at + 1..).unwrap_or_default())
}

/// By the standard a backslash stands before each quote and backslash of the text. Browsers write
/// backslashes as they are; so where the standard does not lead to the parameter's end, they and
/// all quotes but the last are taken as they are.
fn read_quoted(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let read = read_escaped(text).or_else(|| read_literal(text));
    read.unwrap_or_else(|| (text.to_vec(), &[]))
}

fn read_escaped(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (mut value, mut at) = (Vec::new(), 0);
    while let Some(byte) = text.get(at) {
        at += 1;
        match (byte, text.get(at)) {
            (b'"', _) => return Some((value, after_value(&text[at..])?)),
            (b'\\', Some(escaped @ (b'"' | b'\\'))) => {
                value.push(*escaped);
                at += 1;
            }
            (byte, _) => value.push(*byte),
        }
    }
    None
}

fn read_literal(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let quotes = text.iter().enumerate().filter(|(_, byte)| **byte == b'"');
    quotes
        .into_iter()
        .find_map(|(at, _)| Some((text[..at].to_vec(), after_value(&text[at + 1..])?)))
}

/// The parameters behind a value that ended; `None` if something else follows.
fn after_value(text: &[u8]) -> Option<&[u8]> {
    match text.trim_ascii_start() {
        [] => Some(&[]),
        [b';', rest @ ..] => Some(rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(value: &str) -> Vec<(String, String)> {
        let (_, parameters) = split(value.as_bytes());
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        parameters.into_iter().map(|(name, value)| (name, text(value))).collect()
    }

    #[test]
    fn parameters_are_read_in_every_way_clients_write_them() {
        for (value, expected) in [
            ("form-data", &[][..]),
            ("form-data;", &[]),
            ("form-data; name=\"a\"", &[("name", "a")]),
            ("form-data; Name = a ; x", &[("name", "a")]),
            ("form-data; x; name=a;", &[("name", "a")]),
            (r#"x; a="b\"c\\d"; e=f"#, &[("a", r#"b"c\d"#), ("e", "f")]),
            (r#"x; a="C:\dir\b.jpg""#, &[("a", r"C:\dir\b.jpg")]),
            (r#"x; a="dir\""#, &[("a", r"dir\")]),
            (r#"x; a="dir\"; e="f""#, &[("a", r"dir\"), ("e", "f")]),
            (r#"x; a="b"c"; e=f"#, &[("a", r#"b"c"#), ("e", "f")]),
            (r#"x; a="b\"; c=\"d"; e=f"#, &[("a", r#"b"; c="d"#), ("e", "f")]),
            (r#"x; a="b"#, &[("a", "b")]),
            (r#"x; a="b;c=d""#, &[("a", "b;c=d")]),
            ("x; boundary====12===", &[("boundary", "===12===")]),
            ("x; boundary=a/b:c?d=e ; f=g", &[("boundary", "a/b:c?d=e"), ("f", "g")]),
            ("x; a=\"\"", &[("a", "")]),
            ("x; a=", &[("a", "")]),
        ] {
            let expected: Vec<_> = expected
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            assert_eq!(parameters(value), expected, "{value}");
        }
    }

    #[test]
    fn what_a_value_begins_with_is_told_in_lower_case() {
        assert_eq!(split(b" Multipart/Form-Data ; boundary=x").0, "multipart/form-data");
        assert_eq!(split(b"").0, "");
    }
}
