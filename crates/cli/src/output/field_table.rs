//! CSV with a column for every field of a result.
//!
//! Which columns there are is known when the last result has come: until then the rows are kept, in
//! memory while they are few and in a temporary file when they are many.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Seek, Write};

use tempfile::SpooledTempFile;

use super::fields::each_field;

/// What stands before the fields.
pub(super) const HEADS: [&str; 6] = ["image", "path", "model", "state", "error", "notes"];

/// Where the model stands in these.
const MODEL: usize = 2;

/// The column of a result that is no object, and the beginning of the names of all others.
const RESULT: &str = "result";

/// As many bytes of rows are kept in memory.
const MAX_BYTES_IN_MEMORY: usize = 16 << 20;

/// The most fields that have columns of their own. Where models make up names there is no end to
/// them, and a table of them all would be empty nearly everywhere.
const MAX_FIELDS: usize = 1_000;

/// A table of which the rows are gathered.
#[derive(Debug)]
pub(super) struct FieldTable {
    rows: csv::Writer<SpooledTempFile>,
    /// The columns of each model, in the order in which it first wrote the fields.
    columns: BTreeMap<String, Vec<String>>,
    fields: usize,
}

impl FieldTable {
    pub(super) fn new() -> Self {
        let rows = csv::Writer::from_writer(SpooledTempFile::new(MAX_BYTES_IN_MEMORY));
        Self { rows, columns: BTreeMap::new(), fields: 0 }
    }

    /// Takes in a row, with the result as JSON if there is one.
    pub(super) fn push(&mut self, cells: [&str; 6], result: Option<&str>) -> io::Result<()> {
        if let Some(result) = result {
            let known = self.columns.entry(cells[MODEL].to_owned()).or_default();
            each_column(result, |column, _| {
                if self.fields <= MAX_FIELDS && !known.iter().any(|it| it == column) {
                    known.push(column.to_owned());
                    self.fields += 1;
                }
            });
        }
        let record = cells.into_iter().chain([result.unwrap_or_default()]);
        self.rows.write_record(record).map_err(io_error)
    }

    /// Writes the whole table.
    pub(super) fn end(self, output: &mut impl Write) -> io::Result<()> {
        let mut rows = self.rows.into_inner().map_err(csv::IntoInnerError::into_error)?;
        rows.rewind()?;
        let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(rows);
        let mut columns: Vec<String> = Vec::new();
        if self.fields <= MAX_FIELDS {
            for column in self.columns.into_values().flatten() {
                if !columns.contains(&column) {
                    columns.push(column);
                }
            }
        } else {
            columns.push(RESULT.to_owned());
        }
        let is_whole = self.fields > MAX_FIELDS;
        let places: HashMap<&str, usize> =
            columns.iter().enumerate().map(|(at, column)| (column.as_str(), at)).collect();
        let mut table = csv::Writer::from_writer(output);
        table
            .write_record(HEADS.into_iter().chain(columns.iter().map(String::as_str)))
            .map_err(io_error)?;
        let mut row = csv::StringRecord::new();
        while rows.read_record(&mut row).map_err(io_error)? {
            let mut values = vec![String::new(); columns.len()];
            let result = row.get(HEADS.len()).filter(|result| !result.is_empty());
            match result {
                Some(result) if is_whole => result.clone_into(&mut values[0]),
                Some(result) => each_column(result, |column, value| {
                    if let Some(at) = places.get(column) {
                        value.clone_into(&mut values[*at]);
                    }
                }),
                None => {}
            }
            let cells = row.iter().take(HEADS.len());
            table.write_record(cells.chain(values.iter().map(String::as_str))).map_err(io_error)?;
        }
        table.flush()
    }
}

/// Tells of every field under the name of its column. Where two fields of one result would have the
/// same, as `{"a.b": 1, "a": {"b": 2}}` has, the second is numbered.
fn each_column(result: &str, mut tell: impl FnMut(&str, &str)) {
    let mut seen: HashMap<String, u32> = HashMap::new();
    each_field(result, |path, value| {
        let name = if path.is_empty() { RESULT.to_owned() } else { format!("{RESULT}.{path}") };
        let times = seen.entry(name.clone()).and_modify(|times| *times += 1).or_insert(1);
        match *times {
            1 => tell(&name, value),
            times => tell(&format!("{name} ({times})"), value),
        }
    });
}

/// What was wrong with reading or writing, by its own kind.
pub(super) fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(rows: &[(&str, Option<&str>)]) -> Vec<String> {
        let mut table = FieldTable::new();
        for (model, result) in rows {
            table.push(["i", "p", model, "S", "", ""], *result).unwrap();
        }
        let mut output = Vec::new();
        table.end(&mut output).unwrap();
        String::from_utf8(output).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn columns_are_those_of_all_rows_by_model_and_in_the_models_order() {
        let rows = [
            ("z", Some(r#"{"hash": "ff"}"#)),
            ("a", Some(r#"{"r": 1, "g": 2}"#)),
            ("a", None),
            ("a", Some(r#"{"g": 3, "size": {"w": 1e400}, "tags": [1, "x"]}"#)),
            ("b", Some("0.10")),
        ];
        let expected = [
            "image,path,model,state,error,notes,result.r,result.g,result.size.w,result.tags,result,result.hash",
            "i,p,z,S,,,,,,,,ff",
            "i,p,a,S,,,1,2,,,,",
            "i,p,a,S,,,,,,,,",
            "i,p,a,S,,,,3,1e400,\"[1, \"\"x\"\"]\",,",
            "i,p,b,S,,,,,,,0.10,",
        ];
        assert_eq!(written(&rows), expected);
        assert_eq!(written(&[]), ["image,path,model,state,error,notes"]);
    }

    #[test]
    fn no_field_is_lost_to_another_of_its_name() {
        let rows = [("a", Some(r#"{"a.b": 1, "a": {"b": 2}}"#))];
        let expected =
            ["image,path,model,state,error,notes,result.a.b,result.a.b (2)", "i,p,a,S,,,1,2"];
        assert_eq!(written(&rows), expected);
    }

    #[test]
    fn names_without_an_end_leave_results_whole() {
        let results: Vec<String> =
            (0..=MAX_FIELDS).map(|number| format!("{{\"f{number}\": 1}}")).collect();
        let rows: Vec<(&str, Option<&str>)> =
            results.iter().map(|result| ("a", Some(result.as_str()))).collect();
        let lines = written(&rows);
        assert_eq!(lines[0], "image,path,model,state,error,notes,result");
        assert_eq!(lines[1], "i,p,a,S,,,\"{\"\"f0\"\": 1}\"");
        assert_eq!(lines.len(), MAX_FIELDS + 2);
    }
}
