//! The text of an HTML page, as far as it helps to tell what answered.

/// Elements whose content is not shown.
const UNSEEN: [&str; 4] = ["script", "style", "svg", "template"];

/// Fields that are found in pages that ask who one is.
const PASSWORD_FIELDS: [&str; 3] = ["type=\"password\"", "type='password'", "type=password"];

/// What such pages say.
const LOGIN_WORDS: [&str; 5] = [" log in ", " login ", " sign in ", " signin ", " sso "];

/// The title and the text of an HTML page, and that it is a login page if it looks like one.
/// `None` if `text` is no HTML.
pub(super) fn text(text: &str) -> Option<String> {
    let page = text.trim_start().trim_start_matches('\u{FEFF}');
    let start: String = page.chars().take(14).map(|letter| letter.to_ascii_lowercase()).collect();
    if !["<!doctype html", "<html", "<head", "<body"].iter().any(|it| start.starts_with(it)) {
        return None;
    }
    let lower = page.to_ascii_lowercase();
    let shown = shown(page, &lower);
    let is_login = PASSWORD_FIELDS.iter().any(|field| lower.contains(field)) || asks_in(&shown);
    let kind = if is_login { "a login page" } else { "an HTML page" };
    Some(if shown.is_empty() { kind.to_owned() } else { format!("{kind}: {shown}") })
}

fn asks_in(shown: &str) -> bool {
    let words: Vec<String> = shown
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let words = format!(" {} ", words.join(" "));
    LOGIN_WORDS.iter().any(|asked| words.contains(asked))
}

/// The text between the tags, with single spaces. `lower` is the same page in lower case.
fn shown(page: &str, lower: &str) -> String {
    let mut shown = String::new();
    let mut at = 0;
    while at < page.len() {
        let rest = &page[at..];
        let Some(open) = rest.find('<') else {
            push_words(&mut shown, rest);
            break;
        };
        push_words(&mut shown, &rest[..open]);
        let tag = at + open;
        let skipped = UNSEEN.iter().find(|name| {
            let after = lower[tag + 1..].strip_prefix(**name);
            after.is_some_and(|it| !it.starts_with(|letter: char| letter.is_alphanumeric()))
        });
        let end = match skipped {
            Some(name) => lower[tag..].find(&format!("</{name}")).map(|it| tag + it + 1),
            None if page[tag..].starts_with("<!--") => page[tag..].find("-->").map(|it| tag + it),
            None => Some(tag),
        };
        at = end.and_then(|end| page[end..].find('>').map(|it| end + it + 1)).unwrap_or(page.len());
    }
    for (entity, letter) in [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ] {
        shown = shown.replace(entity, letter);
    }
    shown
}

fn push_words(shown: &mut String, text: &str) {
    for word in text.split_whitespace() {
        if !shown.is_empty() {
            shown.push(' ');
        }
        shown.push_str(word);
    }
}
