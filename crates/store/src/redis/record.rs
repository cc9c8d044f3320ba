//! The form in which the scripts keep jobs and answer with them.

use photo_core::job::Priority;
use photo_core::ports::StoreError;
use photo_core::{ImageKey, JobState, ModelName, UnixMillis};

use super::error::unexpected;

/// Reads numbers and images one after the other.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or_else(|| unexpected("a record"))?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn image(&mut self) -> Result<ImageKey, StoreError> {
        self.take().map(ImageKey::from_bytes)
    }

    pub(super) fn u8(&mut self) -> Result<u8, StoreError> {
        self.take().map(u8::from_be_bytes)
    }

    pub(super) fn u16(&mut self) -> Result<u16, StoreError> {
        self.take().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, StoreError> {
        self.take().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, StoreError> {
        self.take().map(u64::from_be_bytes)
    }

    pub(super) fn priority(&mut self) -> Result<Priority, StoreError> {
        let index = usize::from(self.u8()?);
        Priority::ALL.get(index).copied().ok_or_else(|| unexpected("a priority"))
    }

    /// A moment, kept in six bytes.
    fn moment(&mut self) -> Result<UnixMillis, StoreError> {
        let mut millis = [0; 8];
        millis[2..].copy_from_slice(&self.take::<6>()?);
        Ok(UnixMillis(u64::from_be_bytes(millis)))
    }
}

/// A job's record.
#[derive(Debug, PartialEq)]
pub(super) struct Record {
    pub(super) state: JobState,
    pub(super) cancel_asked: bool,
    pub(super) priority: Priority,
    pub(super) claims: u16,
    pub(super) failures: u16,
    pub(super) submitted_at: UnixMillis,
    pub(super) started_at: Option<UnixMillis>,
    pub(super) changed_at: UnixMillis,
}

impl Record {
    /// Reads what the scripts pack.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, StoreError> {
        let mut reader = Reader::new(bytes);
        let letter = reader.u8()?;
        let state = state(letter)?;
        let priority = reader.priority()?;
        let (claims, failures) = (reader.u16()?, reader.u16()?);
        // How many dispatchers died holding it is the scripts' own affair.
        reader.u8()?;
        // The fence is the time of the last claim in microseconds.
        let started_at = UnixMillis(reader.u64()? / 1000);
        Ok(Self {
            state,
            cancel_asked: letter == b'K',
            priority,
            claims,
            failures,
            started_at: (claims > 0).then_some(started_at),
            submitted_at: reader.moment()?,
            changed_at: reader.moment()?,
        })
    }
}

/// The state that a letter of the scripts stands for.
pub(super) fn state(letter: u8) -> Result<JobState, StoreError> {
    match letter {
        b'Q' => Ok(JobState::Queued),
        b'W' => Ok(JobState::Waiting),
        b'R' | b'K' => Ok(JobState::Running),
        b'S' => Ok(JobState::Succeeded),
        b'F' => Ok(JobState::Failed),
        b'C' => Ok(JobState::Cancelled),
        _ => Err(unexpected("a job's state")),
    }
}

/// A model's name as the scripts answer it.
pub(super) fn parse_model(text: &str) -> Result<ModelName, StoreError> {
    text.parse().map_err(|_| unexpected("a model's name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_as_the_scripts_pack_it() {
        let packed = b"K\x02\x00\x03\x01\x00\x01\x00\x06\x0a\x24\x18\x1e\x40\x00\x01\x8b\xcf\xe5\x68\x7b\x01\x8b\xcf\xe5\x68\x7c";
        let record = Record::parse(packed).unwrap();
        let expected = Record {
            state: JobState::Running,
            cancel_asked: true,
            priority: Priority::Low,
            claims: 3,
            failures: 256,
            submitted_at: UnixMillis(1_700_000_000_123),
            started_at: Some(UnixMillis(0x0006_0a24_181e_4000 / 1000)),
            changed_at: UnixMillis(1_700_000_000_124),
        };
        assert_eq!(record, expected);
    }

    #[test]
    fn a_record_of_another_form_is_an_error() {
        assert!(Record::parse(b"").is_err());
        assert!(Record::parse(b"Q\x00").is_err());
        assert!(Record::parse(&[b'Z'; 27]).is_err());
    }
}
