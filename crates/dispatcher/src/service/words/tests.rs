use proptest::prelude::*;

use super::*;

fn said(body: &str) -> String {
    words(body.as_bytes()).expect("something is said")
}

#[test]
fn the_fields_in_which_services_complain_are_found() {
    for (body, expected) in [
        (r#"{"detail": "no"}"#, "no"),
        (r#"{"error": "CUDA out of memory"}"#, "CUDA out of memory"),
        (r#"{"message": "Internal server error"}"#, "Internal server error"),
        (r#"{"status": 404, "error": "Not Found", "message": "No route"}"#, "Not Found: No route"),
        (r#"{"error": "same", "message": "same"}"#, "same"),
        (r#"{"error": {"code": 8, "message": "too deep"}}"#, "too deep"),
        (r#"{"error": ["one", {"message": "two"}, null]}"#, "one; two"),
        (r#"{"error": true}"#, "true"),
        (r#"{"error": {"code": 8}}"#, r#"{"code":8}"#),
        (
            r#"{"detail": [{"loc": ["body", "image_file", 0], "msg": "field required", "type": "x"}]}"#,
            "body.image_file.0: field required",
        ),
        (r#"{"detail": "", "error": "busy"}"#, "busy"),
    ] {
        assert_eq!(said(body), expected, "{body}");
    }
}

#[test]
fn what_has_none_of_the_fields_is_told_as_it_begins() {
    for body in [r#"[{"label": "cat"}]"#, r#"{"score": NaN}"#, r#"{"predictions": []}"#, "ok"] {
        assert_eq!(said(body), body);
    }
    for nothing in ["", " \r\n ", r"{", "\u{FEFF}"] {
        assert!(words(nothing.as_bytes()).is_none_or(|it| it.len() < 4), "{nothing:?}");
    }
}

#[test]
fn a_page_is_its_text_and_a_login_page_is_told_as_one() {
    let page = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title><style>p{}</style></head>\
                <body><!-- <p>no</p> --><center>\n<h1>Bad &amp; broken</h1></center>\
                <script>if (a < b) {}</script>nginx</body></html>";
    assert_eq!(said(page), "an HTML page: 502 Bad Gateway Bad & broken nginx");
    assert_eq!(said("<html>Please log in (SSO)</html>    "), "a login page: Please log in (SSO)");
    let form = "<html><form><input type=\"password\"></form></html>";
    assert_eq!(said(form), "a login page");
    assert_eq!(said("<xml>no page</xml>"), "<xml>no page</xml>");
    assert_eq!(said("<html><script>for ever"), "an HTML page");
}

#[test]
fn words_are_cut_between_characters_and_control_nothing() {
    let long = said(&"ü".repeat(100_000));
    assert!(long.len() <= 500 && long.ends_with("ü…"), "{}", long.len());
    let long = said(&format!(r#"{{"detail": "{}"}}"#, "ü".repeat(100_000)));
    assert!(long.len() <= MAX_FIELD_BYTES + 12);
    assert_eq!(said("a\u{1b}[31mred\0\u{202e}\r\nb"), "a\\u{1b}[31mred\\u{0}\\u{202e}\nb");
    assert_eq!(said(r#"{"error": "a\u001b[2J"}"#), "a\\u{1b}[2J");
    let deep = format!(r#"{{"detail": {}}}"#, "[".repeat(50_000) + &"]".repeat(50_000));
    assert!(said(&deep).len() <= MAX_FIELD_BYTES + 12);
}

#[test]
fn a_field_that_every_request_lacks_is_told_from_what_is_wrong_with_one() {
    let old =
        r#"{"detail": [{"loc": ["body", "file"], "msg": "m", "type": "value_error.missing"}]}"#;
    let new =
        r#"{"detail": [{"type": "missing", "loc": ["query", "name"], "msg": "Field required"}]}"#;
    let wrong = r#"{"detail": [{"type": "missing"}, {"type": "value_error"}]}"#;
    assert!(missing_parts(old.as_bytes()) && missing_parts(new.as_bytes()));
    for other in [wrong, r#"{"detail": []}"#, r#"{"detail": "missing"}"#, "missing", ""] {
        assert!(!missing_parts(other.as_bytes()), "{other}");
    }
}

proptest! {
    #[test]
    fn no_body_breaks_it(body: Vec<u8>, text in "\\PC*|(<html>|<[a-z!/]*|>|é|&[a-z]*;| )*") {
        for body in [&body[..], text.as_bytes(), format!("<html>{text}").as_bytes()] {
            let words = words(body);
            prop_assert!(words.is_none_or(|it| !it.is_empty() && it.len() <= MAX_FIELD_BYTES + 12));
        }
    }
}
