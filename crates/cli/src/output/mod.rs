//! The forms in which results and tables are written.

mod field_table;
mod fields;
mod json_text;
mod layout;
mod results;
mod rows;
mod shown;
mod table;
mod words;

use std::io::IsTerminal;

pub(crate) use layout::Column;
pub(crate) use results::Results;
pub(crate) use shown::{Detail, Shown};
pub(crate) use table::{Row, Table};

use crate::ending::Trouble;

/// The forms of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people: a line per job
    Table,
    /// One JSON array with an object per photo
    Json,
    /// A line per job and a column per field of the results, written when all are there
    Csv,
    /// A line per job, with its result as JSON in one column, written as they arrive
    #[value(skip)]
    CsvOfJson,
    /// A JSON object per photo, one a line
    Ndjson,
}

/// Which form is asked for.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(crate) struct FormatArgs {
    /// The form of the output [default: table on a terminal, ndjson elsewhere]
    #[arg(long, value_enum, value_name = "FORM")]
    format: Option<Format>,

    /// The same as --format ndjson
    #[arg(long, conflicts_with = "format")]
    json: bool,

    /// CSV with each result as JSON in one column, not a column per field; written as results come
    #[arg(long, conflicts_with = "json")]
    json_column: bool,
}

impl FormatArgs {
    /// The form asked for, if any was.
    pub(crate) fn given(self) -> Result<Option<Format>, Trouble> {
        match (self.format, self.json_column) {
            (None | Some(Format::Csv), true) => Ok(Some(Format::CsvOfJson)),
            (Some(_), true) => {
                Err(Trouble::Usage("--json-column is a form of CSV: --format csv".to_owned()))
            }
            (format, false) => Ok(format.or(self.json.then_some(Format::Ndjson))),
        }
    }

    /// The form asked for, or the one that suits whoever reads it.
    pub(crate) fn format(self) -> Result<Format, Trouble> {
        let usual = if is_terminal() { Format::Table } else { Format::Ndjson };
        Ok(self.given()?.unwrap_or(usual))
    }
}

/// The forms of what the server says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum TableFormat {
    /// For people
    Table,
    /// What the server says, as JSON
    Json,
}

/// Whether a table or the server's own words are asked for.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(crate) struct TableArgs {
    /// The form of the output [default: table on a terminal, json elsewhere]
    #[arg(long, value_enum, value_name = "FORM")]
    format: Option<TableFormat>,

    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

impl TableArgs {
    /// Whether programs read it.
    pub(crate) fn is_json(self) -> bool {
        match self.format {
            Some(format) => format == TableFormat::Json,
            None => self.json || !is_terminal(),
        }
    }
}

/// Whether a person reads standard output.
pub(crate) fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}
