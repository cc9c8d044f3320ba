//! The jobs of an image, a row each.

use photo_core::ModelName;
use serde_json::value::RawValue;

use super::shown::{Detail, Shown};
use super::table::Row;
use super::words::in_words;
use crate::client::{ImageView, JobView};
use crate::text::printable;

/// The state of an image, or of a job, that is not known.
pub(super) const UNKNOWN: &str = "UNKNOWN";

/// What marks a photo of which there is something to note.
const MARK: &str = "*";

/// A job for tables and programs that read those.
pub(super) struct JobRow<'a> {
    pub(super) model: &'a str,
    pub(super) state: String,
    pub(super) result: Option<&'a RawValue>,
    pub(super) words: Option<&'a str>,
}

impl<'a> JobRow<'a> {
    fn unknown(model: &'a str) -> Self {
        Self { model, state: UNKNOWN.to_owned(), result: None, words: None }
    }
}

/// The jobs of an image by these models, all if none is named. What is not known has a row that
/// says so.
pub(super) fn job_rows<'a>(
    view: Option<&'a ImageView>,
    models: &'a [ModelName],
    detail: Detail,
) -> Vec<JobRow<'a>> {
    let row = |(model, job): (&'a ModelName, &'a JobView)| JobRow {
        model: model.as_str(),
        state: job.state.to_string(),
        result: view
            .and_then(|view| view.results.get(model))
            .map(|result| &**result)
            .filter(|_| detail == Detail::Results),
        words: job.words(),
    };
    if models.is_empty() {
        return match view {
            Some(view) => view.jobs.iter().map(row).collect(),
            None => vec![JobRow::unknown("")],
        };
    }
    let mut models: Vec<&ModelName> = models.iter().collect();
    models.sort_unstable();
    models.dedup();
    let job = |model| view.and_then(|view| view.jobs.get_key_value(model));
    let rows =
        models.into_iter().map(|model| job(model).map_or(JobRow::unknown(model.as_str()), row));
    rows.collect()
}

/// The same for a person.
pub(super) fn table_rows(shown: &Shown<'_>, models: &[ModelName], detail: Detail) -> Vec<Row> {
    let (image, path, view) = shown;
    let name = match path {
        Some(path) => printable(&path.display().to_string()).into_owned(),
        None => image.to_string(),
    };
    let notes = view.map_or(&[][..], |view| &view.notes);
    let rows = job_rows(*view, models, detail).into_iter().enumerate().map(|(number, row)| {
        let last = match row.result {
            Some(result) => in_words(result),
            None => printable(row.words.unwrap_or_default()).into_owned(),
        };
        let name = if notes.is_empty() { name.clone() } else { format!("{name} {MARK}") };
        let notes = notes.iter().filter(|_| number == 0);
        Row {
            cells: vec![name, row.model.to_owned(), row.state, last],
            may_be_cut: row.result.is_some(),
            notes: notes.map(|note| format!("{MARK} {}", printable(note))).collect(),
        }
    });
    rows.collect()
}
