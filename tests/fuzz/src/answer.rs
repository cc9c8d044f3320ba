//! What a model service answers: a byte of flags, two of its status, and the body.

use photo_core::JobErrorKind;
use photo_dispatcher::service::{Answer, Blame, BodyEnd, Generation, Readiness};
use serde_json::value::RawValue;

/// A prediction is one JSON value that its service sent and that readers can read; anything else
/// is a failure in a few words. Statuses and descriptions are read without harm.
pub fn check(input: &[u8]) {
    let Some(([flags, high, low], body)) = input.split_first_chunk() else { return };
    let status = u16::from_be_bytes([*high, *low]) % 1000;
    let end = match flags % 8 {
        0 => BodyEnd::Broken,
        1 => BodyEnd::TooLong { limit: 1 },
        2 => BodyEnd::Encoded,
        _ => BodyEnd::Complete,
    };
    let answer = Answer { status, retry_after: None, body: body.to_vec(), end };
    match answer.prediction() {
        Ok(prediction) => {
            assert_eq!(end, BodyEnd::Complete, "no half answer is a prediction");
            assert!((200..300).contains(&status));
            for json in [Some(prediction.result), prediction.classes].into_iter().flatten() {
                check_json(&json, body);
            }
        }
        Err(failure) => {
            let error = &failure.error;
            assert!((1..=2_000).contains(&error.message.len()), "{error:?}");
            assert!(error.http_status.is_some(), "{error:?}");
            if end != BodyEnd::Complete && (200..300).contains(&status) {
                assert_eq!(error.kind, JobErrorKind::BadAnswer);
            }
            assert_eq!(failure.blame() == Blame::Photo, error.kind == JobErrorKind::Refused);
        }
    }
    if let Readiness::NotReady(failure) = Readiness::told(status, body) {
        assert!(failure.error.message.len() <= 2_000, "{failure:?}");
    }
    let _ = Generation::described(body);
}

/// It came from the service, is one value, and is still that once it has been kept.
fn check_json(json: &RawValue, body: &[u8]) {
    let text = json.get().as_bytes();
    assert!(body.windows(text.len()).any(|part| part == text), "not what the service wrote");
    assert_eq!(text, text.trim_ascii());
    let kept: Box<RawValue> = serde_json::from_slice(text).expect("it is JSON");
    assert_eq!(kept.get(), json.get());
}
