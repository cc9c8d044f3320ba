//! Clients' texts in answers and logs.

/// The most characters of a client's text that are repeated.
const MAX_REPEATED_CHARS: usize = 100;

/// Returns a client's text, short enough to repeat.
pub(crate) fn shorten(text: &str) -> String {
    if text.chars().count() <= MAX_REPEATED_CHARS {
        text.to_owned()
    } else {
        text.chars().take(MAX_REPEATED_CHARS).chain(['…']).collect()
    }
}
