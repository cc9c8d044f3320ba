//! How jobs and attempts ended, in the form in which it is kept.

use photo_core::JobError;
use photo_core::ports::StoreError;
use serde_json::value::RawValue;

use crate::redis::error::unexpected;

/// An error as [`json`] wrote it.
pub(crate) fn parse_error(json: &[u8]) -> Result<JobError, StoreError> {
    serde_json::from_slice(json).map_err(|_| unexpected("an error"))
}

/// How a job, or its last attempt, ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    Result(Box<RawValue>),
    Error(JobError),
}

impl Outcome {
    /// Reads what [`success`] and [`failure`] wrote; `None` if there is nothing.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Option<Self>, StoreError> {
        match bytes.split_first() {
            None => Ok(None),
            Some((b'S', json)) => match serde_json::from_slice(json) {
                Ok(result) => Ok(Some(Self::Result(result))),
                Err(_) => Err(unexpected("a result")),
            },
            Some((b'E', json)) => parse_error(json).map(|error| Some(Self::Error(error))),
            Some(_) => Err(unexpected("an outcome")),
        }
    }
}

/// The outcome of a job that has a result.
pub(crate) fn success(result: &RawValue) -> Vec<u8> {
    [b"S", result.get().as_bytes()].concat()
}

/// The outcome of a job, or of an attempt, that has none.
pub(crate) fn failure(error: &JobError) -> Vec<u8> {
    [b"E".to_vec(), json(error)].concat()
}

/// An error as JSON.
pub(crate) fn json(error: &JobError) -> Vec<u8> {
    serde_json::to_vec(error).expect("an error is a kind, a text and a number, which JSON can say")
}

#[cfg(test)]
mod tests {
    use photo_core::JobErrorKind;

    use super::*;

    #[test]
    fn outcomes_read_back() {
        let result = RawValue::from_string("{ \"cat\": 1.50 }".to_owned()).unwrap();
        let Ok(Some(Outcome::Result(read))) = Outcome::parse(&success(&result)) else { panic!() };
        assert_eq!(read.get(), result.get());

        let error = JobError::new(JobErrorKind::Timeout, "no answer").with_status(504);
        let Ok(Some(Outcome::Error(read))) = Outcome::parse(&failure(&error)) else { panic!() };
        assert_eq!(read, error);

        assert!(Outcome::parse(b"").unwrap().is_none());
        assert!(Outcome::parse(b"?{}").is_err());
    }
}
