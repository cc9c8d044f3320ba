//! Jobs as they are told, read from rows.

use photo_core::job::JobView;
use photo_core::{JobState, UnixMillis};
use rusqlite::{Result, Row};
use serde_json::value::RawValue;

use crate::embedded::columns::{json, model_name, moment, natural, priority, state, unreadable};

/// Reads a job's columns, in the order in which `status::STATUS` selects them, of a store whose
/// time is so far ahead of the clock.
pub(crate) fn view(row: &Row<'_>, ahead: i64) -> Result<JobView> {
    let stored_state = state(row, 1)?;
    let (fence, changed_at) = (natural(row.get(6)?), moment(row, 9)?);
    let is_waiting = stored_state == JobState::Waiting;
    let due_at = || Ok::<_, rusqlite::Error>(UnixMillis(natural(row.get::<_, i64>(3)? - ahead)));
    let held_by_model = json(row, 12)?;
    Ok(JobView {
        model: model_name(row, 0)?,
        state: if held_by_model.is_some() { JobState::Waiting } else { stored_state },
        priority: priority(row, 2)?,
        attempts: row.get(4)?,
        failures: row.get(5)?,
        cancel_asked: row.get(7)?,
        submitted_at: moment(row, 8)?,
        // Without a fence it was never claimed.
        started_at: (fence > 0).then_some(UnixMillis(fence / 1000).min(changed_at)),
        changed_at,
        due_at: is_waiting.then(due_at).transpose()?,
        held_by_model,
        result: result(row, 11)?,
        error: json(row, 10)?,
    })
}

/// A result as it was written, byte for byte.
fn result(row: &Row<'_>, column: usize) -> Result<Option<Box<RawValue>>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| RawValue::from_string(text).map_err(|error| unreadable(column, error)))
        .transpose()
}
