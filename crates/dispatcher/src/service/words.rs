//! What a service says in its own words, made fit to be kept and shown.

mod html;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// The most bytes that are kept of what a field says; a few more where the last is escaped.
const MAX_FIELD_BYTES: usize = 1_500;

/// The most bytes that are kept of how a body begins, in the same way.
const MAX_BEGINNING_BYTES: usize = 450;

/// A value of more bytes is not looked into.
const MAX_VALUE_BYTES: usize = 64 * 1024;

/// How deep a value is looked into.
const MAX_LEVELS: usize = 4;

/// The most entries of a list that are told.
const MAX_ENTRIES: usize = 10;

/// The fields in which services say what is wrong, the most telling first.
const FIELDS: [&str; 7] =
    ["detail", "message", "error", "msg", "error_message", "description", "title"];

/// The fields of a body, of which those that are not needed stay text.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow, default)]
    detail: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
}

/// What a body says: its `detail`, or its `error` and `message`, if it is a JSON object with one
/// of them; the text of an HTML page; otherwise its beginning. Without control
/// characters but line breaks and tabs. `None` if it says nothing.
pub fn words(body: &[u8]) -> Option<String> {
    told(body).or_else(|| beginning(body))
}

/// The same of a JSON object that has one of these fields.
pub fn told(body: &[u8]) -> Option<String> {
    if !body.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let fields: Fields<'_> = serde_json::from_slice(body).ok()?;
    let text = |field: Option<&RawValue>| field.and_then(field_text);
    if let Some(detail) = text(fields.detail) {
        return clean(&detail, MAX_FIELD_BYTES);
    }
    match (text(fields.error), text(fields.message)) {
        (Some(error), Some(message)) if error != message => {
            clean(&format!("{error}: {message}"), MAX_FIELD_BYTES)
        }
        (error, message) => clean(&error.or(message)?, MAX_FIELD_BYTES),
    }
}

/// How a body begins; the text of it if it is an HTML page.
pub fn beginning(body: &[u8]) -> Option<String> {
    let start = &body[..body.len().min(MAX_VALUE_BYTES)];
    let text = String::from_utf8_lossy(start);
    // A character that was cut in the middle is no part of the beginning.
    let text = if start.len() < body.len() { text.trim_end_matches('\u{FFFD}') } else { &text };
    match html::text(text) {
        Some(page) => clean(&page, MAX_BEGINNING_BYTES),
        None => clean(text, MAX_BEGINNING_BYTES),
    }
}

/// Whether a body is an HTML page.
pub fn is_page(body: &[u8]) -> bool {
    html::text(&String::from_utf8_lossy(&body[..body.len().min(MAX_VALUE_BYTES)])).is_some()
}

fn field_text(field: &RawValue) -> Option<String> {
    if field.get().len() > MAX_VALUE_BYTES {
        return Some(field.get().chars().take(MAX_FIELD_BYTES).collect());
    }
    match serde_json::from_str(field.get()) {
        Ok(value) => value_text(&value, 0),
        // Deeper than can be read.
        Err(_) => Some(field.get().to_owned()),
    }
}

/// What a value says; `None` if nothing.
fn value_text(value: &Value, level: usize) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.trim().to_owned(),
        Value::Array(entries) if level < MAX_LEVELS => {
            let texts = entries.iter().take(MAX_ENTRIES).filter_map(|it| value_text(it, level + 1));
            let mut texts: Vec<String> = texts.collect();
            if entries.len() > MAX_ENTRIES {
                texts.push("…".to_owned());
            }
            texts.join("; ")
        }
        Value::Object(fields) if level < MAX_LEVELS => {
            let mut said = FIELDS.iter().filter_map(|field| fields.get(*field));
            let said = said.find_map(|it| value_text(it, level + 1));
            match (fields.get("loc").and_then(place), said) {
                (Some(place), Some(said)) => format!("{place}: {said}"),
                (None, Some(said)) => said,
                (_, None) => value.to_string(),
            }
        }
        other => other.to_string(),
    };
    (!text.is_empty()).then_some(text)
}

/// Where FastAPI found something wrong: `["body", "image_file"]` is `body.image_file`.
fn place(loc: &Value) -> Option<String> {
    let steps = loc.as_array()?.iter().map(|step| match step {
        Value::String(name) => name.clone(),
        other => other.to_string(),
    });
    Some(steps.collect::<Vec<_>>().join("."))
}

/// A text without what could do harm where it is shown, cut after `limit` bytes or a few more;
/// `None` if nothing is left.
fn clean(text: &str, limit: usize) -> Option<String> {
    let mut kept = String::new();
    for letter in text.trim().chars() {
        if kept.len() >= limit {
            kept.push('…');
            break;
        }
        match letter {
            '\r' => {}
            '\n' | '\t' => kept.push(letter),
            letter if is_unseen(letter) => kept.extend(letter.escape_unicode()),
            letter => kept.push(letter),
        }
    }
    (!kept.is_empty()).then_some(kept)
}

/// Whether a character controls a terminal, or the direction of the text around it.
fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// What request parts a service misses, if that is all that it complains about in the way of
/// FastAPI: every request would lack them.
pub fn missing_parts(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Complaints {
        detail: Vec<Complaint>,
    }
    #[derive(Deserialize)]
    struct Complaint {
        #[serde(rename = "type")]
        kind: String,
    }
    let is_missing = |it: &Complaint| matches!(&*it.kind, "missing" | "value_error.missing");
    body.len() <= MAX_VALUE_BYTES
        && serde_json::from_slice::<Complaints>(body)
            .is_ok_and(|it| !it.detail.is_empty() && it.detail.iter().all(is_missing))
}

#[cfg(test)]
mod tests;
