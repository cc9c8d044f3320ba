//! What is wrong with a configuration, in words for the person who wrote it.

use figment::Source;
use figment::error::{Actual, Error, Kind};

/// The most letters that differ in a key that is taken for a misspelt one.
const MOST_WRONG_LETTERS: usize = 3;

/// Names everything that is wrong, a line each: key, value, what is expected, and where it was set;
/// and the nearest known key for an unknown one.
pub(super) fn explain(error: Error) -> String {
    let lines = error.into_iter().map(|error| {
        let place = error.metadata.as_ref().map_or(String::new(), |m| match &m.source {
            // The flags are handed over by code; that line of code helps nobody.
            Some(Source::Code(_)) => " (in the flags)".to_owned(),
            Some(source) => format!(" (in {source})"),
            None => format!(" (in the {})", m.name),
        });
        let key = error.path.join(".");
        match &error.kind {
            Kind::UnknownField(field, known) => {
                let section = error.path.iter().filter(|part| *part != field);
                let full: Vec<&str> = section.map(String::as_str).chain([field.as_str()]).collect();
                format!("unknown key `{}`{place}{}", full.join("."), nearest(field, known))
            }
            kind if key.is_empty() => format!("{}{place}", words(kind)),
            kind => format!("`{key}`: {}{place}", words(kind)),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What is wrong with one value. Where the library that reads it has no words for that, ours.
fn words(kind: &Kind) -> String {
    match kind {
        Kind::InvalidValue(Actual::Str(given), expected) if expected == "parsable string" => {
            format!("`{given}` is not a size: write it like \"100MiB\", \"16GB\" or 1048576")
        }
        Kind::InvalidValue(Actual::Signed(given), expected) if expected == "integer overflow" => {
            format!("{given} is not a size: it is less than nothing")
        }
        Kind::InvalidType(given, expected) if expected == "a duration" => {
            format!("{given} is not a time: write it like \"15s\", \"2m\" or \"30days\"")
        }
        Kind::InvalidValue(Actual::Str(given), expected) if expected == "a duration" => {
            format!("`{given}` is not a time: write it like \"15s\", \"2m\" or \"30days\"")
        }
        kind => kind.to_string(),
    }
}

/// The known key that is most like `field`, or all of them.
fn nearest(field: &str, known: &[&str]) -> String {
    match photo_core::nearest(field, known, MOST_WRONG_LETTERS) {
        Some(key) => format!(": did you mean `{key}`?"),
        None => format!(": known here are {}", known.join(", ")),
    }
}
