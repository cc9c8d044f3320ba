//! What stands before a part's content.

use actix_web::http::header::{ContentDisposition, DispositionType, HeaderValue};
use actix_web::mime::{MULTIPART, Mime};

use super::FormError;

/// The most headers of a part.
const MOST_HEADERS: usize = 32;

/// What a part says of itself, as far as anybody asks. A length is not believed: one that is wrong
/// would cut a photo short, or have it swallow the next.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Head {
    pub(in super::super) name: String,
    /// Whatever the client likes. For looking at, not for use.
    pub(in super::super) file_name: Option<String>,
}

impl Head {
    /// Reads a head with the empty line that ends it.
    pub(super) fn parse(head: &[u8]) -> Result<Self, FormError> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        // A head that is whole is never found to be partial.
        httparse::parse_headers(head, &mut headers)?;
        let value = |name: &str| {
            headers.iter().find(|it| it.name.eq_ignore_ascii_case(name)).map(|it| it.value)
        };
        let media_type = value("content-type").and_then(|it| std::str::from_utf8(it).ok());
        let media_type = media_type.and_then(|it| it.parse::<Mime>().ok());
        if media_type.is_some_and(|it| it.type_() == MULTIPART) {
            return Err(FormError::Nested);
        }
        let disposition = value("content-disposition")
            .and_then(|it| HeaderValue::from_bytes(it).ok())
            .and_then(|it| ContentDisposition::from_raw(&it).ok())
            .filter(|it| it.disposition == DispositionType::FormData)
            .ok_or(FormError::NoName)?;
        let name = disposition.get_name().ok_or(FormError::NoName)?.to_owned();
        Ok(Self { name, file_name: disposition.get_filename().map(str::to_owned) })
    }
}
