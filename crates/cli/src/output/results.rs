//! Images and their jobs, in every form.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use photo_core::{ImageKey, ModelName};
use serde::Serialize;
use serde_json::value::RawValue;

use super::text::printable;
use super::words::in_words;
use super::{Format, Table};
use crate::client::{ImageView, JobView};

/// The state of an image of which no job is known.
const UNKNOWN: &str = "UNKNOWN";

/// The longest path in a table. Of longer ones the end is shown, where the file's name is.
const LONGEST_PATH: usize = 40;

/// How much is written of each image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// What the models answered.
    Results,
    /// How far it has come.
    Status,
}

/// Writes images one after the other.
#[derive(Debug)]
pub(crate) struct Results {
    format: Format,
    detail: Detail,
    /// The models that are of interest; all if none is named.
    models: Vec<ModelName>,
    table: Table,
    written: u64,
}

/// An image for programs.
#[derive(Serialize)]
struct Line<'a> {
    image: ImageKey,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<BTreeMap<&'a ModelName, &'a RawValue>>,
    jobs: BTreeMap<&'a ModelName, &'a JobView>,
}

/// A job for tables and programs that read those.
struct Row<'a> {
    model: &'a str,
    state: String,
    result: Option<&'a RawValue>,
    words: Option<&'a str>,
}

impl Results {
    /// A writer of images in this form.
    pub(crate) fn new(format: Format, detail: Detail, models: &[ModelName]) -> Self {
        let last = if detail == Detail::Results { "RESULT" } else { "WHY" };
        Self {
            format,
            detail,
            models: models.to_vec(),
            table: Table::new(&["PHOTO", "MODEL", "STATE", last]),
            written: 0,
        }
    }

    /// Writes images, each with the path that it was asked for by; `None` for one of which no job
    /// is known.
    pub(crate) fn write(
        &mut self,
        output: &mut impl Write,
        images: &[(ImageKey, Option<PathBuf>, Option<&ImageView>)],
    ) -> io::Result<()> {
        if self.written == 0 {
            self.begin(output)?;
        }
        if self.format == Format::Table {
            let rows = images
                .iter()
                .flat_map(|(image, path, view)| self.table_rows(*image, path.as_deref(), *view));
            let rows: Vec<Vec<String>> = rows.collect();
            self.table.write(output, &rows)?;
        }
        for (image, path, view) in images {
            let path = path.as_deref();
            match self.format {
                Format::Table => {}
                Format::Csv => self.write_csv(output, *image, path, *view)?,
                Format::Json => {
                    output.write_all(if self.written == 0 { b"\n" } else { b",\n" })?;
                    serde_json::to_writer(&mut *output, &self.line(*image, path, *view))?;
                }
                Format::Ndjson => {
                    serde_json::to_writer(&mut *output, &self.line(*image, path, *view))?;
                    output.write_all(b"\n")?;
                }
            }
            self.written += 1;
        }
        Ok(())
    }

    /// Writes what stands behind the last image.
    pub(crate) fn end(&mut self, output: &mut impl Write) -> io::Result<()> {
        if self.written == 0 {
            self.begin(output)?;
        }
        match self.format {
            Format::Json => output.write_all(b"\n]\n"),
            _ => Ok(()),
        }
    }

    fn begin(&self, output: &mut impl Write) -> io::Result<()> {
        match self.format {
            Format::Json => output.write_all(b"["),
            Format::Csv => output.write_all(b"image,path,model,state,result,error\n"),
            Format::Table | Format::Ndjson => Ok(()),
        }
    }

    fn is_of_interest(&self, model: &ModelName) -> bool {
        self.models.is_empty() || self.models.contains(model)
    }

    fn line<'a>(
        &self,
        image: ImageKey,
        path: Option<&Path>,
        view: Option<&'a ImageView>,
    ) -> Line<'a> {
        let results = view.filter(|_| self.detail == Detail::Results).map(|view| {
            let results = view.results.iter().filter(|(model, _)| self.is_of_interest(model));
            results.map(|(model, result)| (model, &**result)).collect()
        });
        let jobs = view.into_iter().flat_map(|view| &view.jobs);
        Line {
            image,
            path: path.map(|path| path.display().to_string()),
            status: view.map_or(UNKNOWN.to_owned(), status),
            results,
            jobs: jobs.filter(|(model, _)| self.is_of_interest(model)).collect(),
        }
    }

    fn rows<'a>(&self, view: Option<&'a ImageView>) -> Vec<Row<'a>> {
        let Some(view) = view else {
            let state = UNKNOWN.to_owned();
            return vec![Row { model: "", state, result: None, words: None }];
        };
        let jobs = view.jobs.iter().filter(|(model, _)| self.is_of_interest(model));
        let rows = jobs.map(|(model, job)| Row {
            model: model.as_str(),
            state: job.state.to_string(),
            result: view
                .results
                .get(model)
                .map(|result| &**result)
                .filter(|_| self.detail == Detail::Results),
            words: job.words(),
        });
        rows.collect()
    }

    fn table_rows(
        &self,
        image: ImageKey,
        path: Option<&Path>,
        view: Option<&ImageView>,
    ) -> Vec<Vec<String>> {
        let name = path.map_or_else(|| image.to_string(), shown_path);
        let rows = self.rows(view).into_iter().map(|row| {
            let last = match row.result {
                Some(result) => in_words(result),
                None => printable(row.words.unwrap_or_default()).into_owned(),
            };
            vec![name.clone(), row.model.to_owned(), row.state, last]
        });
        rows.collect()
    }

    fn write_csv(
        &self,
        output: &mut impl Write,
        image: ImageKey,
        path: Option<&Path>,
        view: Option<&ImageView>,
    ) -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(output);
        let (image, path) = (image.to_string(), path.map(|path| path.display().to_string()));
        for row in self.rows(view) {
            csv.write_record([
                image.as_str(),
                path.as_deref().unwrap_or_default(),
                row.model,
                row.state.as_str(),
                row.result.map_or("", RawValue::get),
                row.words.unwrap_or_default(),
            ])?;
        }
        csv.flush()
    }
}

/// The status as the server writes it.
fn status(view: &ImageView) -> String {
    let status = serde_json::to_value(view.status).unwrap_or_default();
    status.as_str().unwrap_or(UNKNOWN).to_owned()
}

fn shown_path(path: &Path) -> String {
    let path = path.display().to_string();
    let path = printable(&path);
    let excess = path.chars().count().saturating_sub(LONGEST_PATH);
    if excess == 0 {
        path.into_owned()
    } else {
        ['…'].into_iter().chain(path.chars().skip(excess + 1)).collect()
    }
}
