use photo_core::JobErrorKind as Kind;
use proptest::prelude::*;

use super::*;
use crate::service::Blame;

fn answer(status: u16, body: impl Into<Vec<u8>>) -> Answer {
    Answer { status, retry_after: None, body: body.into(), end: BodyEnd::Complete }
}

fn result(status: u16, body: &str) -> (String, Option<String>) {
    let prediction = answer(status, body).prediction().expect("this is a prediction");
    let classes = prediction.classes.map(|classes| classes.get().to_owned());
    (prediction.result.get().to_owned(), classes)
}

fn failure(answer: &Answer) -> Failure {
    answer.prediction().expect_err("this is no prediction")
}

fn kind(status: u16, body: &str) -> Kind {
    failure(&answer(status, body)).error.kind
}

#[test]
fn a_good_answer_of_2020_is_its_result_as_it_stands() {
    let (result, classes) = result(200, r#"{"result": {"isGreen": 0,  "b": [1, 2]}}"#);
    assert_eq!(result, r#"{"isGreen": 0,  "b": [1, 2]}"#);
    assert_eq!(classes, None);
}

#[test]
fn a_good_answer_since_2021_is_the_inner_result_and_classes() {
    let body = r#"{"status": "success", "result": {"classes": ["isGreen", "isRed"], "result": {"isGreen": 0, "isRed": 1}}}"#;
    let (result, classes) = result(200, body);
    assert_eq!(result, r#"{"isGreen": 0, "isRed": 1}"#);
    assert_eq!(classes.as_deref(), Some(r#"["isGreen", "isRed"]"#));
}

#[test]
fn the_result_is_kept_byte_for_byte() {
    for text in ["1.10", "1e400", "123456789012345678901234567890", r#""\u00e9""#, "null", "[ ]"] {
        assert_eq!(result(200, &format!(" {{ \"result\" : {text} }} ")).0, text);
    }
    let body = r#"{"result": {"classes": null, "result": null}}"#;
    assert_eq!(result(200, body), ("null".to_owned(), Some("null".to_owned())));
}

#[test]
fn classes_or_result_alone_inside_the_result_belong_to_it() {
    let alone = r#"{"result": 3}"#;
    assert_eq!(result(200, &format!(r#"{{"result": {alone}}}"#)), (alone.to_owned(), None));
    let pair = r#"[["a"], {"a": 1}]"#;
    assert_eq!(result(200, &format!(r#"{{"result": {pair}}}"#)), (pair.to_owned(), None));
}

#[test]
fn a_failure_wrapped_in_a_200_is_that_failure() {
    let not_ready = r#"{"status_code": 503, "detail": "Model is loading.", "headers": null}"#;
    let failed = failure(&answer(200, not_ready));
    assert_eq!(failed.blame(), Blame::Service);
    assert_eq!(failed.error.kind, Kind::NotReady);
    assert_eq!(failed.error.message, "Model is loading.");
    assert_eq!(failed.error.http_status, Some(503));

    let missing =
        r#"{"status_code": 400, "detail": "Unable to open image file.", "headers": null}"#;
    let failed = failure(&answer(200, missing));
    assert_eq!(failed.blame(), Blame::Photo);
    assert_eq!(failed.error.message, "Unable to open image file.");
    assert_eq!(failed.error.http_status, Some(400));
}

#[test]
fn a_status_code_that_is_no_failure_changes_nothing() {
    for code in ["200", "\"503\"", "null", "503.5", "-1", "[]"] {
        let body = format!(r#"{{"status_code": {code}, "result": 1}}"#);
        assert_eq!(result(200, &body).0, "1");
    }
}

#[test]
fn a_refusal_carries_the_models_own_words() {
    let failed =
        failure(&answer(400, r#"{"status": "failure", "detail": "Not a photo of wood."}"#));
    assert_eq!(failed.blame(), Blame::Photo);
    assert_eq!(failed.error.message, "Not a photo of wood.");
    assert_eq!(failure(&answer(413, "too big\n")).error.message, "too big");
    assert_eq!(
        failure(&answer(400, "")).error.message,
        "the service answered 400 and said nothing"
    );
    for silence in ["", " ", r#"{"detail": ""}"#, r#"{"detail": "\n"}"#] {
        let silent = failure(&answer(400, silence)).error.message;
        assert!(!silent.is_empty());
    }
}

#[test]
fn not_ready_and_overloaded_are_not_the_jobs_fault() {
    let loading =
        r#"{"status": "failure", "detail": "Model is not ready to receive predictions."}"#;
    assert_eq!(kind(503, loading), Kind::NotReady);
    assert_eq!(kind(503, ""), Kind::NotReady);
    assert_eq!(kind(429, ""), Kind::Overloaded);
    let later = Answer { retry_after: Some(Duration::from_secs(9)), ..answer(429, "") };
    assert_eq!(failure(&later).retry_after, Some(Duration::from_secs(9)));
}

#[test]
fn a_failing_service_uses_up_an_attempt() {
    assert_eq!(kind(500, "Internal Server Error"), Kind::ServerError);
    for status in [408, 425, 500, 502, 504, 599, 999] {
        let failed = failure(&answer(status, ""));
        assert_eq!((failed.error.kind, failed.blame()), (Kind::ServerError, Blame::Unclear));
    }
}

#[test]
fn anything_else_is_a_bad_answer() {
    let bad = [
        "",
        "ok",
        "<html>",
        "[]",
        r#"[{"a": 1}]"#,
        "null",
        "{}",
        r#"{"results": 1}"#,
        "{\"result\":",
        r#"{"status": "failure", "result": 1}"#,
        r#"{"result": NaN}"#,
        "{\"result\": 1} x",
    ];
    for body in bad {
        assert_eq!(kind(200, body), Kind::BadAnswer, "{body:?}");
    }
    let invalid = answer(200, b"{\"result\": \"\xff\"}".to_vec());
    assert_eq!(failure(&invalid).error.kind, Kind::BadAnswer);
}

#[test]
fn an_answer_that_broke_off_or_is_too_long_is_a_bad_answer() {
    for end in [BodyEnd::Broken, BodyEnd::TooLong { limit: 9 }, BodyEnd::Encoded] {
        let failed = failure(&Answer { end, ..answer(200, r#"{"result": 1}"#) });
        assert_eq!((failed.error.kind, failed.blame()), (Kind::BadAnswer, Blame::Unclear));
        // The status came before the body and still says what it says.
        let refused = failure(&Answer { end, ..answer(400, r#"{"detail": "no"#) });
        assert_eq!(refused.blame(), Blame::Photo);
    }
}

#[test]
fn a_result_too_deep_for_its_readers_is_a_bad_answer() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(result(200, &format!(r#"{{"result": {}}}"#, deep(100))).0, deep(100));
    for levels in [101, 1_000_000] {
        let failed = failure(&answer(200, format!(r#"{{"result": {}}}"#, deep(levels))));
        assert_eq!(failed.error.kind, Kind::BadAnswer);
        assert_eq!(failed.error.message, "the result is nested deeper than 100 levels");
    }
    // Brackets in texts are letters.
    let text = format!(r#"["\\\"{}", "{}"]"#, "[".repeat(200), "{".repeat(200));
    assert_eq!(result(200, &format!(r#"{{"result": {text}}}"#)).0, text);
    let failed = failure(&answer(422, format!(r#"{{"detail": {}}}"#, deep(1_000_000))));
    assert!(failed.error.message.len() <= 2_000);
}

#[test]
fn a_bad_answer_says_what_is_bad_about_it() {
    for (status, body, words) in [
        (200, r#"{"result": 1, "result": 2}"#, "duplicate field `result`"),
        (200, r#"{"result": NaN}"#, "expected value at line 1 column 12"),
        (200, "ok", "does not begin with `{`"),
        (200, "{}", "no `result`"),
        (307, r#"{"result": 1}"#, "the service sends us elsewhere"),
        (200, r#"{"error": "CUDA out of memory"}"#, "no `result`; it says: CUDA out of memory"),
        (200, r#"[{"label": "cat"}]"#, r#"it begins: [{"label": "cat"}]"#),
        (200, r#"{"result": NaN}"#, r#"it begins: {"result": NaN}"#),
        (200, r#"{"score": 1}"#, r#"no `result`; it is: {"score": 1}"#),
        (200, "<html>Please log in</html>", "it begins: a login page: Please log in"),
        (201, r#"{"status": "failure", "error": "no"}"#, "answered 201 and failure: no"),
    ] {
        let message = failure(&answer(status, body)).error.message;
        assert!(message.contains(words), "{message}");
    }
    let encoded = Answer { end: BodyEnd::Encoded, ..answer(200, "") };
    assert!(failure(&encoded).error.message.contains("compressed"));
}

#[test]
fn a_status_that_every_photo_would_get_holds_the_model_and_is_said() {
    let shut = [300, 302, 401, 402, 403, 404, 405, 406, 407, 410, 411, 414, 421, 426, 428, 431];
    for status in shut.into_iter().chain([451, 501, 505, 511]) {
        let failed = failure(&answer(status, "no route\n"));
        assert_eq!((failed.blame(), failed.is_unrouted), (Blame::Service, true), "{status}");
        assert_eq!((failed.error.kind, failed.error.http_status), (Kind::NotReady, Some(status)));
        assert!(failed.error.message.ends_with(": no route"), "{}", failed.error);
    }
    let message = failure(&answer(404, "404 page not found\n")).error.message;
    assert_eq!(message, "the service has no /predict (404): 404 page not found");
    let missing = r#"{"detail": [{"loc": ["body", "image_file"], "msg": "field required", "type": "value_error.missing"}]}"#;
    let failed = failure(&answer(422, missing));
    assert!(failed.is_unrouted);
    assert_eq!(
        failed.error.message,
        "the service wants other fields in the request (422): body.image_file: field required"
    );
}

#[test]
fn a_status_that_may_be_about_the_photo_ends_the_job() {
    for status in [400, 409, 413, 415, 418, 422] {
        let failed = failure(&answer(status, r#"{"detail": "too dark"}"#));
        assert_eq!((failed.blame(), failed.is_unrouted), (Blame::Photo, false), "{status}");
    }
    // The model's own code was reached.
    let wrapped = failure(&answer(200, r#"{"status_code": 404, "detail": "no such image"}"#));
    assert_eq!((wrapped.blame(), wrapped.is_unrouted), (Blame::Photo, false));
}

proptest! {
    #[test]
    fn no_answer_breaks_the_parser(status in 100_u16..1000, body: Vec<u8>) {
        let _ = answer(status, body).prediction();
    }

    #[test]
    fn no_half_answer_is_a_prediction(cut in 1_usize..40) {
        let whole = r#"{"status": "success", "result": [1, 2.5]}"#;
        let half = &whole[..whole.len() - cut.min(whole.len())];
        prop_assert_eq!(kind(200, half), Kind::BadAnswer);
    }
}
