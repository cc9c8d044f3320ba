//! Error fingerprints: an error's text without what differs from one job to the next.

/// The longest fingerprint, in characters.
const MAX_CHARS: usize = 200;

/// A word of at least so many hexadecimal digits, one of them decimal, is a number.
const MIN_HEX_NUMBER_CHARS: usize = 4;

/// Returns an error's text with every number and hash as `#`, cut after [`MAX_CHARS`].
pub(crate) fn fingerprint(text: &str) -> String {
    let mut folded = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first.is_ascii_alphanumeric() {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            reduce_word(word, &mut folded);
            rest = behind;
        } else {
            folded.push(if first.is_control() { ' ' } else { first });
            rest = &rest[first.len_utf8()..];
        }
    }
    match folded.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => {
            folded.truncate(end);
            folded + "…"
        }
        None => folded,
    }
}

fn reduce_word(word: &str, folded: &mut String) {
    let digits = word.strip_prefix("0x").unwrap_or(word);
    let is_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
    let has_digit = digits.bytes().any(|b| b.is_ascii_digit());
    if is_hex && has_digit && digits.len() >= MIN_HEX_NUMBER_CHARS {
        folded.push('#');
        return;
    }
    let mut in_number = false;
    for c in word.chars() {
        if !c.is_ascii_digit() {
            folded.push(c);
        } else if !in_number {
            folded.push('#');
        }
        in_number = c.is_ascii_digit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_job_to_job_is_folded() {
        for (text, folded) in [
            ("no answer within 60 s", "no answer within # s"),
            ("cannot open 1d/1d52825755108a2a6df146737f6149cb.jpg", "cannot open #d/#.jpg"),
            ("<PIL.Image at 0x7f3a91c0>", "<PIL.Image at #>"),
            ("shape (480, 640, 3)", "shape (#, #, #)"),
            ("layer3.conv2d is bad", "layer#.conv#d is bad"),
            ("no face in a cafe", "no face in a cafe"),
            ("1.5 < 2", "#.# < #"),
            ("kein Fuß\nhier", "kein Fuß hier"),
            ("", ""),
        ] {
            assert_eq!(fingerprint(text), folded, "{text}");
        }
    }

    #[test]
    fn long_texts_are_cut() {
        let folded = fingerprint(&"ä".repeat(MAX_CHARS + 1));
        assert_eq!(folded.chars().count(), MAX_CHARS + 1);
        assert!(folded.ends_with("ä…"));
        assert_eq!(fingerprint(&"ä".repeat(MAX_CHARS)).chars().count(), MAX_CHARS);
    }
}
