//! Photos that are not taken, and why: all of a request, so that it need not be sent once for each.

use std::fmt;
use std::fmt::Write;

use actix_web::http::StatusCode;
use photo_core::ports::PhotoRefusal;
use serde_json::{Value, json};

use crate::http::text::shorten;

/// The most photos that are listed; of further photos only the number is told.
const MAX_LISTED: usize = 1_000;

/// The most photos that are named in the sentence for people.
const MAX_NAMED: usize = 5;

/// A photo that is not taken.
#[derive(Debug)]
pub(crate) struct RefusedPhoto {
    /// Which of the request's photos, counted from 1.
    pub(crate) position: usize,
    /// The name that the client gave its file, if it gave one, fit to be shown.
    file_name: Option<String>,
    refusal: PhotoRefusal,
}

/// The photos of one request that are not taken, in their order.
#[derive(Debug)]
pub(crate) struct RefusedPhotos {
    first: RefusedPhoto,
    others: Vec<RefusedPhoto>,
    /// How many more there are than are listed.
    unlisted: usize,
}

impl RefusedPhoto {
    pub(crate) fn new(position: usize, file_name: Option<&str>, refusal: PhotoRefusal) -> Self {
        Self { position, file_name: file_name.map(escape), refusal }
    }

    fn title(&self) -> &'static str {
        match self.refusal {
            PhotoRefusal::TooManyBytes { .. } => "Photo too large",
            PhotoRefusal::TooManyPixels { .. } => "Too many pixels",
            PhotoRefusal::Collision(_) => "MD5 collision",
            _ => "Not a photo",
        }
    }

    fn status(&self) -> StatusCode {
        match self.refusal {
            PhotoRefusal::Empty
            | PhotoRefusal::UnknownFormat
            | PhotoRefusal::UnreadableHeader(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            PhotoRefusal::TooManyBytes { .. } | PhotoRefusal::TooManyPixels { .. } => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            PhotoRefusal::Collision(_) => StatusCode::CONFLICT,
        }
    }

    fn to_json(&self) -> Value {
        let mut photo = json!({
            "position": self.position,
            "title": self.title(),
            "reason": self.refusal.to_string(),
        });
        if let Some(name) = &self.file_name {
            photo["file_name"] = json!(name);
        }
        photo
    }
}

impl RefusedPhotos {
    /// One photo, the first of its request.
    pub(crate) fn new(first: RefusedPhoto) -> Self {
        Self { first, others: Vec::new(), unlisted: 0 }
    }

    /// Adds the next one.
    pub(crate) fn push(&mut self, photo: RefusedPhoto) {
        if self.others.len() + 1 < MAX_LISTED {
            self.others.push(photo);
        } else {
            self.unlisted += 1;
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        1 + self.others.len() + self.unlisted
    }

    /// What is wrong with the first one, in two words.
    pub(crate) fn title(&self) -> &'static str {
        self.first.title()
    }

    /// The status that the first one alone has.
    pub(crate) fn status(&self) -> StatusCode {
        self.first.status()
    }

    /// What programs read of them.
    pub(crate) fn members(&self) -> Value {
        let listed: Vec<Value> = self.listed().map(RefusedPhoto::to_json).collect();
        json!({"photo": self.first.position, "refused_images": listed})
    }

    fn listed(&self) -> impl Iterator<Item = &RefusedPhoto> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl fmt::Display for RefusedPhotos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RefusedPhoto { position, file_name, refusal } = &self.first;
        if self.others.is_empty() {
            write!(f, "Photo {position} of the form {refusal}.")?;
        } else {
            write!(f, "{} of the form's photos are not taken:", self.count())?;
            for (number, photo) in self.listed().take(MAX_NAMED).enumerate() {
                let separator = if number > 0 { ";" } else { "" };
                write!(f, "{separator} photo {}", photo.position)?;
                if let Some(name) = &photo.file_name {
                    write!(f, " (\"{name}\")")?;
                }
                write!(f, " {}", photo.refusal)?;
            }
            match self.count().saturating_sub(MAX_NAMED) {
                0 => f.write_str(".")?,
                more => write!(f, "; and {more} more, see `refused_images`.")?,
            }
        }
        if file_name.is_none() && *refusal == PhotoRefusal::UnknownFormat {
            // The mistake that is made most: curl sends the text that stands there.
            f.write_str(
                " It has no file name: with curl a file is named by -F images=@photo.jpg.",
            )?;
        }
        f.write_str(" Nothing of the request was kept.")
    }
}

/// A client's name for a file, short, and without characters that would change how what stands
/// around it is shown.
fn escape(name: &str) -> String {
    let mut shown = String::new();
    for char in shorten(name).chars() {
        let turns_text = matches!(char,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if char.is_control() || turns_text {
            // Writing to a string does not fail.
            let _ = write!(shown, "{}", char.escape_unicode());
        } else {
            shown.push(char);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo(position: usize, name: &str) -> RefusedPhoto {
        RefusedPhoto::new(position, Some(name), PhotoRefusal::Empty)
    }

    #[test]
    fn one_photo_is_told_alone_and_several_are_named() {
        let mut refused = RefusedPhotos::new(photo(2, "a.txt"));
        let kept = "Nothing of the request was kept.";
        assert_eq!(refused.to_string(), format!("Photo 2 of the form is empty. {kept}"));
        refused.push(photo(4, "b"));
        let both = "2 of the form's photos are not taken: photo 2 (\"a.txt\") is empty; photo 4 (\"b\") \
                    is empty.";
        assert_eq!(refused.to_string(), format!("{both} {kept}"));
        for position in 5..10 {
            refused.push(photo(position, "c"));
        }
        let text = refused.to_string();
        assert!(text.ends_with(
            "is empty; and 2 more, see `refused_images`. Nothing of the request was kept."
        ));
        assert_eq!(
            refused.members()["refused_images"][6],
            json!({
                "position": 9, "file_name": "c", "title": "Not a photo", "reason": "is empty",
            })
        );
    }

    #[test]
    fn no_more_are_listed_than_there_is_room_for() {
        let mut refused = RefusedPhotos::new(photo(1, "a"));
        for position in 2..=1_500 {
            refused.push(photo(position, "a"));
        }
        assert_eq!(refused.count(), 1_500);
        assert_eq!(refused.members()["refused_images"].as_array().unwrap().len(), 1_000);
        assert!(refused.to_string().contains("1500 of the form's photos"));
    }

    #[test]
    fn no_file_name_changes_what_stands_around_it() {
        for (name, shown) in [
            ("Straße 東京.png", "Straße 東京.png"),
            ("a\u{1}\u{1b}[31m\r\n", "a\\u{1}\\u{1b}[31m\\u{d}\\u{a}"),
            ("\u{202e}gpj.evil", "\\u{202e}gpj.evil"),
        ] {
            assert_eq!(escape(name), shown);
        }
        assert_eq!(escape(&"ä".repeat(300)).chars().count(), 101);
    }
}
