//! What stands before a part's content.

use percent_encoding::percent_decode;

use super::{FormError, parameters};

/// The most headers of a part.
const MAX_HEADERS: usize = 32;

/// What a part says of itself, as far as anybody asks. A length is not believed: one that is wrong
/// would cut a photo short, or have it swallow the next.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct PartHead {
    pub(in super::super) name: String,
    /// Chosen by the client. To be shown, not to be used.
    pub(in super::super) file_name: Option<String>,
}

impl PartHead {
    /// Reads a head, with or without the empty line that ends it.
    pub(super) fn parse(head: &[u8]) -> Result<Self, FormError> {
        let headers = read_headers(head)?;
        let value = |name: &str| {
            let header = headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name));
            header.map(|(_, value)| parameters::split(value))
        };
        if value("content-type").is_some_and(|(kind, _)| kind.starts_with("multipart/")) {
            return Err(FormError::Nested);
        }
        if let Some((encoding, _)) = value("content-transfer-encoding")
            && matches!(&*encoding, "base64" | "quoted-printable")
        {
            return Err(FormError::Encoded(encoding));
        }
        let (kind, parameters) = value("content-disposition").ok_or(FormError::NoName)?;
        if kind != "form-data" {
            return Err(FormError::NoName);
        }
        let parameter = |name: &str| {
            parameters.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_slice())
        };
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let name = parameter("name").map(text).ok_or(FormError::NoName)?;
        // The one with the star says in what encoding it is written; where that is not so, it is a
        // file's name all the same.
        let (plain, extended) = (parameter("filename"), parameter("filename*"));
        let file_name = extended.and_then(decode).or_else(|| plain.or(extended).map(text));
        Ok(Self { name, file_name })
    }
}

/// The lines of a head by their names. A line that begins with white space continues the one
/// before.
fn read_headers(head: &[u8]) -> Result<Vec<(String, Vec<u8>)>, FormError> {
    let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
    for line in head.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (line, headers.last_mut()) {
            ([], _) => {}
            ([b' ' | b'\t', ..], Some((_, value))) => {
                value.push(b' ');
                value.extend_from_slice(line.trim_ascii());
            }
            _ => headers.push(read_header(line)?),
        }
        if headers.len() > MAX_HEADERS {
            return Err(FormError::ManyHeaders);
        }
    }
    Ok(headers)
}

fn read_header(line: &[u8]) -> Result<(String, Vec<u8>), FormError> {
    let wrong = || FormError::NoHeader(String::from_utf8_lossy(line).into_owned());
    let at = memchr::memchr(b':', line).ok_or_else(wrong)?;
    let name = std::str::from_utf8(line[..at].trim_ascii_end()).map_err(|_| wrong())?;
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(wrong());
    }
    Ok((name.to_owned(), line[at + 1..].trim_ascii().to_vec()))
}

/// A text as RFC 5987 writes it: its character set, its language, its percent-encoded bytes.
fn decode(text: &[u8]) -> Option<String> {
    let mut parts = text.splitn(3, |byte| *byte == b'\'');
    let (charset, _language, bytes) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = percent_decode(bytes);
    match charset.to_ascii_lowercase().as_slice() {
        b"utf-8" => bytes.decode_utf8().ok().map(Into::into),
        b"iso-8859-1" => Some(bytes.map(char::from).collect()),
        _ => None,
    }
}
