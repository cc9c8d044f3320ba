//! The record of a job, as the scripts keep it and answer with it.

use photo_core::job::Priority;
use photo_core::ports::StoreError;
use photo_core::{JobState, ModelName, UnixMillis};

use super::reader::Reader;
use crate::redis::error::unexpected;

/// The last moment that six bytes can say, in milliseconds.
const LAST_MOMENT: u64 = (1 << 48) - 1;

/// A job's record.
#[derive(Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) state: JobState,
    pub(crate) cancel_asked: bool,
    pub(crate) priority: Priority,
    pub(crate) claims: u16,
    pub(crate) failures: u16,
    pub(crate) submitted_at: UnixMillis,
    pub(crate) started_at: Option<UnixMillis>,
    pub(crate) changed_at: UnixMillis,
}

impl Record {
    /// As many bytes as it is packed into.
    pub(crate) const SIZE: usize = 27;

    /// Reads what the scripts pack.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, StoreError> {
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
            // Without a fence it was never claimed.
            started_at: (started_at.0 > 0).then_some(started_at),
            submitted_at: reader.moment()?,
            changed_at: reader.moment()?,
        })
    }

    /// Packs it as the scripts do. What does not fit its field is kept as the most that does.
    pub(crate) fn pack(&self) -> Vec<u8> {
        let letter = if self.cancel_asked { b'K' } else { letter(self.state) };
        let mut packed = vec![letter, self.priority as u8];
        packed.extend(self.claims.to_be_bytes());
        packed.extend(self.failures.to_be_bytes());
        // No dispatcher died holding it.
        packed.push(0);
        let started_at = self.started_at.map_or(0, |moment| moment.0.min(LAST_MOMENT));
        packed.extend((started_at * 1000).to_be_bytes());
        for moment in [self.submitted_at, self.changed_at] {
            packed.extend_from_slice(&moment.0.min(LAST_MOMENT).to_be_bytes()[2..]);
        }
        packed
    }
}

/// The state that a letter of the scripts stands for.
pub(crate) fn state(letter: u8) -> Result<JobState, StoreError> {
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

/// The letter that stands for a state in the scripts.
fn letter(state: JobState) -> u8 {
    match state {
        JobState::Queued => b'Q',
        JobState::Waiting => b'W',
        JobState::Running => b'R',
        JobState::Succeeded => b'S',
        JobState::Failed => b'F',
        JobState::Cancelled => b'C',
    }
}

/// A model's name as the scripts answer it.
pub(crate) fn parse_model(text: &str) -> Result<ModelName, StoreError> {
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
    fn a_record_reads_back_as_it_was_packed() {
        for state in JobState::ALL {
            for (claims, started_at) in [(0, None), (3, Some(UnixMillis(1_700_000_000_123)))] {
                let record = Record {
                    state,
                    cancel_asked: false,
                    priority: Priority::High,
                    claims,
                    failures: 2,
                    submitted_at: UnixMillis(1_700_000_000_000),
                    started_at,
                    changed_at: UnixMillis(1_700_000_000_124),
                };
                assert_eq!(Record::parse(&record.pack()).unwrap(), record);
            }
        }
    }

    #[test]
    fn what_does_not_fit_a_record_is_cut_to_the_most_that_does() {
        let record = Record {
            state: JobState::Running,
            cancel_asked: true,
            priority: Priority::Low,
            claims: u16::MAX,
            failures: u16::MAX,
            submitted_at: UnixMillis(u64::MAX),
            started_at: Some(UnixMillis(u64::MAX)),
            changed_at: UnixMillis(1 << 48),
        };
        let last = UnixMillis(LAST_MOMENT);
        let started_at = Some(last);
        let cut = Record { submitted_at: last, started_at, changed_at: last, ..record };
        assert_eq!(Record::parse(&record.pack()).unwrap(), cut);
    }

    #[test]
    fn a_record_of_another_form_is_an_error() {
        assert!(Record::parse(b"").is_err());
        assert!(Record::parse(b"Q\x00").is_err());
        assert!(Record::parse(&[b'Z'; 27]).is_err());
    }
}
