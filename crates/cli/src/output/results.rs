//! Images and their jobs, in every form.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use photo_core::{ImageKey, ModelName};
use serde::Serialize;
use serde_json::value::RawValue;

use super::field_table::{FieldTable, io_error};
use super::rows::{JobRow, UNKNOWN, job_rows, table_rows};
use super::shown::{Detail, Shown};
use super::{Column, Format, Table};
use crate::client::{ImageView, JobView};

/// The columns of CSV with results as JSON.
const JSON_COLUMNS: [&str; 7] = ["image", "path", "model", "state", "result", "error", "notes"];

/// Writes images one after the other.
#[derive(Debug)]
pub(crate) struct Results {
    form: Form,
    detail: Detail,
    /// The models that are of interest; all if none is named.
    models: Vec<ModelName>,
    written: u64,
}

/// A form, and what it needs to keep.
#[derive(Debug)]
enum Form {
    Table(Table),
    Csv(Option<Box<FieldTable>>),
    CsvOfJson,
    Json,
    Ndjson,
}

/// An image for programs.
#[derive(Serialize)]
struct Line<'a> {
    image: ImageKey,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    status: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<BTreeMap<&'a ModelName, &'a RawValue>>,
    jobs: BTreeMap<&'a ModelName, &'a JobView>,
}

impl Results {
    /// A writer of images in this form.
    pub(crate) fn new(format: Format, detail: Detail, models: &[ModelName]) -> Self {
        let last = if detail == Detail::Results { "RESULT" } else { "WHY" };
        let columns = [
            Column::path("PHOTO"),
            Column::name("MODEL"),
            Column::value("STATE", "STATE"),
            Column::text(last),
        ];
        let form = match format {
            Format::Table => Form::Table(Table::new(&columns)),
            Format::Csv => Form::Csv(Some(Box::new(FieldTable::new()))),
            Format::CsvOfJson => Form::CsvOfJson,
            Format::Json => Form::Json,
            Format::Ndjson => Form::Ndjson,
        };
        Self { form, detail, models: models.to_vec(), written: 0 }
    }

    /// Writes images.
    pub(crate) fn write(
        &mut self,
        output: &mut impl Write,
        images: &[Shown<'_>],
    ) -> io::Result<()> {
        if self.written == 0 {
            self.begin(output)?;
        }
        let (detail, models) = (self.detail, self.models.as_slice());
        if let Form::Table(table) = &mut self.form {
            let rows = images.iter().flat_map(|shown| table_rows(shown, models, detail));
            table.write(output, &rows.collect::<Vec<_>>())?;
        }
        for shown in images {
            let rows = || job_rows(shown.2, models, detail);
            match &mut self.form {
                Form::Table(_) => {}
                Form::Csv(table) => {
                    for row in rows() {
                        let (image, path, notes) = named(shown);
                        let words = row.words.unwrap_or_default();
                        let cells = [&image, &path, row.model, &row.state, words, &notes];
                        if let Some(table) = table {
                            table.push(cells, row.result.map(RawValue::get))?;
                        }
                    }
                }
                Form::CsvOfJson => write_csv(output, shown, &rows())?,
                Form::Json => {
                    output.write_all(if self.written == 0 { b"\n" } else { b",\n" })?;
                    serde_json::to_writer(&mut *output, &line(shown, models, detail))?;
                }
                Form::Ndjson => {
                    serde_json::to_writer(&mut *output, &line(shown, models, detail))?;
                    output.write_all(b"\n")?;
                }
            }
            self.written += 1;
        }
        Ok(())
    }

    /// Writes what stands behind the last image. Nothing can be written after it.
    pub(crate) fn end(&mut self, output: &mut impl Write) -> io::Result<()> {
        if self.written == 0 {
            self.begin(output)?;
        }
        match &mut self.form {
            Form::Json => output.write_all(b"\n]\n"),
            Form::Csv(table) => table.take().map_or(Ok(()), |table| table.end(output)),
            Form::Table(_) | Form::CsvOfJson | Form::Ndjson => Ok(()),
        }
    }

    fn begin(&self, output: &mut impl Write) -> io::Result<()> {
        match self.form {
            Form::Json => output.write_all(b"["),
            Form::CsvOfJson => writeln!(output, "{}", JSON_COLUMNS.join(",")),
            Form::Table(_) | Form::Csv(_) | Form::Ndjson => Ok(()),
        }
    }
}

fn line<'a>(shown: &Shown<'a>, models: &[ModelName], detail: Detail) -> Line<'a> {
    let (image, path, view) = shown;
    let is_of_interest = |model: &ModelName| models.is_empty() || models.contains(model);
    let results = view.filter(|_| detail == Detail::Results).map(|view| {
        let results = view.results.iter().filter(|(model, _)| is_of_interest(model));
        results.map(|(model, result)| (model, &**result)).collect()
    });
    let jobs = view.iter().flat_map(|view| &view.jobs);
    Line {
        image: *image,
        path: path.as_deref().map(|path| path.display().to_string()),
        status: view.map_or(UNKNOWN.to_owned(), status),
        notes: view.map_or(&[], |view| &view.notes),
        results,
        jobs: jobs.filter(|(model, _)| is_of_interest(model)).collect(),
    }
}

/// The hash, the path and the notes of an image.
fn named(shown: &Shown<'_>) -> (String, String, String) {
    let (image, path, view) = shown;
    let path = path.as_deref().map(|path: &Path| path.display().to_string());
    let notes = view.map(|view| view.notes.join(" "));
    (image.to_string(), path.unwrap_or_default(), notes.unwrap_or_default())
}

fn write_csv(output: &mut impl Write, shown: &Shown<'_>, rows: &[JobRow<'_>]) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(output);
    let (image, path, notes) = named(shown);
    for row in rows {
        let result = row.result.map_or("", RawValue::get);
        let words = row.words.unwrap_or_default();
        let cells = [&image, &path, row.model, &row.state, result, words, &notes];
        csv.write_record(cells).map_err(io_error)?;
    }
    csv.flush()
}

/// The status as the server writes it.
fn status(view: &ImageView) -> String {
    let status = serde_json::to_value(view.status).unwrap_or_default();
    status.as_str().unwrap_or(UNKNOWN).to_owned()
}
