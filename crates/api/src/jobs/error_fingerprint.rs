//! What errors have in common: their text without what differs from one job to the next.

/// The longest reason, in characters.
const LONGEST: usize = 200;

/// A word of hexadecimal digits with at least so many of them, one a decimal digit, is a number.
const HEX_NUMBER: usize = 4;

/// An error's text with every number and hash as `#`, cut where it gets long.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first.is_ascii_alphanumeric() {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            fold_word(word, &mut folded);
            rest = behind;
        } else {
            folded.push(if first.is_control() { ' ' } else { first });
            rest = &rest[first.len_utf8()..];
        }
    }
    match folded.char_indices().nth(LONGEST) {
        Some((end, _)) => {
            folded.truncate(end);
            folded + "…"
        }
        None => folded,
    }
}

fn fold_word(word: &str, folded: &mut String) {
    let digits = word.strip_prefix("0x").unwrap_or(word);
    let is_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
    let has_digit = digits.bytes().any(|b| b.is_ascii_digit());
    if is_hex && has_digit && digits.len() >= HEX_NUMBER {
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
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn long_texts_are_cut() {
        let folded = fold(&"ä".repeat(LONGEST + 1));
        assert_eq!(folded.chars().count(), LONGEST + 1);
        assert!(folded.ends_with("ä…"));
        assert_eq!(fold(&"ä".repeat(LONGEST)).chars().count(), LONGEST);
    }
}
