//! Columns of text, written row by row.

use std::io::{self, Write};

use console::{measure_text_width, style, truncate_str};

use super::layout::{Column, Layout, wrapped};

/// What stands before a text below its row.
const INDENT: &str = "  ";

/// A table. Its columns are as wide as what was written so far. On a terminal no line is wider than
/// the window: names are cut, and texts that do not fit stand below their row.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    /// How wide each column's cells were so far.
    widths: Vec<usize>,
    /// The columns of the window, if there is one.
    window: Option<usize>,
    has_head: bool,
}

/// A row of a table. What it says must be printable.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    /// A cell for each column.
    pub(crate) cells: Vec<String>,
    /// Whether its texts may be cut where they do not fit; they can be read elsewhere.
    pub(crate) may_be_cut: bool,
    /// What else there is to say, below it.
    pub(crate) notes: Vec<String>,
}

impl From<Vec<String>> for Row {
    fn from(cells: Vec<String>) -> Self {
        Self { cells, ..Self::default() }
    }
}

impl Table {
    /// A table with these columns.
    pub(crate) fn new(columns: &[Column]) -> Self {
        let window = super::is_terminal().then(|| usize::from(console::Term::stdout().size().1));
        Self::of_width(columns, window)
    }

    fn of_width(columns: &[Column], window: Option<usize>) -> Self {
        Self { columns: columns.to_vec(), widths: vec![0; columns.len()], window, has_head: false }
    }

    /// Writes rows, and the head before the first ones.
    pub(crate) fn write(&mut self, output: &mut impl Write, rows: &[Row]) -> io::Result<()> {
        for row in rows {
            for (width, cell) in self.widths.iter_mut().zip(&row.cells) {
                *width = (*width).max(measure_text_width(cell));
            }
        }
        let layout = Layout::of(&self.columns, &self.widths, self.window);
        if !std::mem::replace(&mut self.has_head, true) {
            let heads = self.columns.iter().map(|column| layout.head(column).to_owned());
            let line = self.line(&layout, &Row::from(heads.collect::<Vec<_>>()), &mut Vec::new());
            writeln!(output, "{}", style(line).bold())?;
        }
        for row in rows {
            let mut below = Vec::new();
            writeln!(output, "{}", self.line(&layout, row, &mut below))?;
            below.extend(&row.notes);
            for text in below {
                for line in wrapped(text, self.window.map(|it| it.saturating_sub(INDENT.len()))) {
                    writeln!(output, "{INDENT}{line}")?;
                }
            }
        }
        Ok(())
    }

    /// A row's line; what does not fit into it goes to `below`.
    fn line<'a>(&self, layout: &Layout, row: &'a Row, below: &mut Vec<&'a String>) -> String {
        let mut line = String::new();
        // The blanks at the end of a line that nothing follows.
        let mut blanks = 0;
        for (number, cell) in row.cells.iter().enumerate() {
            let column = self.columns[number];
            let Some(width) = layout.width(number) else {
                below.extend((!cell.is_empty()).then_some(cell));
                continue;
            };
            let is_cut = measure_text_width(cell) > width;
            if is_cut && column.is_text() && !row.may_be_cut {
                below.push(cell);
                blanks += layout.gap(number) + width;
                continue;
            }
            let shown = if is_cut { column.cut(cell, width) } else { cell.clone() };
            let space = width.saturating_sub(measure_text_width(&shown));
            let is_right = column.is_number(cell);
            blanks += layout.gap(number) + if is_right { space } else { 0 };
            if shown.is_empty() {
                blanks += space;
                continue;
            }
            line.push_str(&" ".repeat(blanks));
            line.push_str(&coloured(&shown));
            blanks = if is_right { 0 } else { space };
        }
        match self.window {
            Some(window) => truncate_str(&line, window, "…").into_owned(),
            None => line,
        }
    }
}

/// States stand out, where colours are seen.
fn coloured(cell: &str) -> String {
    match cell {
        "SUCCEEDED" => style(cell).green().to_string(),
        "WAITING" | "CANCELLED" => style(cell).yellow().to_string(),
        "FAILED" | "UNKNOWN" => style(cell).red().to_string(),
        _ => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Row {
        Row::from(cells.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    fn written(columns: &[Column], window: Option<usize>, parts: &[&[Row]]) -> String {
        let mut table = Table::of_width(columns, window);
        let mut output = Vec::new();
        for rows in parts {
            table.write(&mut output, rows).unwrap();
        }
        String::from_utf8(output).unwrap()
    }

    const RESULTS: [Column; 4] = [
        Column::path("PHOTO"),
        Column::name("MODEL"),
        Column::value("STATE", "STATE"),
        Column::text("RESULT"),
    ];

    #[test]
    fn columns_are_as_wide_as_what_is_in_them_and_numbers_stand_on_the_right() {
        let columns = [Column::name("NAME"), Column::value("COUNT", "N"), Column::text("WHY")];
        let first = [row(&["写真.jpg", "7", ""]), row(&["b", "1,234", "so"])];
        let text = written(&columns, None, &[&first, &[row(&["a longer name", "1", "x"])]]);
        let expected = "NAME      COUNT  WHY\n\
                        写真.jpg      7\n\
                        b         1,234  so\n\
                        a longer name      1  x\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_narrow_window_keeps_states_and_whole_reasons_and_wraps_no_line() {
        let why = "The service at http://127.0.0.1:5005 refused the photo: cannot identify image";
        let rows = [
            row(&["archive/2019/summer/IMG_20190703_114210.jpg", "perceptual_hash", "FAILED", why]),
            Row {
                may_be_cut: true,
                ..row(&["a.jpg", "average_color", "SUCCEEDED", "r 174, g 127, b 102, hex #ae7f66"])
            },
        ];
        for window in 50..=100 {
            let text = written(&RESULTS, Some(window), &[&rows]);
            let lines: Vec<&str> = text.lines().collect();
            assert!(lines.iter().all(|line| measure_text_width(line) <= window), "{text}");
            assert!(lines[1].contains("14210.jpg ") && lines[1].contains(" percept"), "{text}");
            assert!(lines[1].contains(" FAILED"), "{text}");
            let said = lines[2..lines.len() - 1].iter().map(|line| line.trim());
            assert_eq!(said.collect::<Vec<_>>().join(" "), why, "{text}");
            let last = lines[lines.len() - 1];
            assert!(last.contains(" SUCCEEDED ") && last.contains(" r 174"), "{text}");
        }
        let wide = written(&RESULTS, Some(200), &[&rows]);
        assert!(wide.lines().nth(1).unwrap().ends_with(why), "{wide}");
        assert_eq!(written(&RESULTS, None, &[&rows]), wide);
    }

    #[test]
    fn numbers_fit_into_a_narrow_window_with_short_heads() {
        let columns = [
            Column::name("MODEL"),
            Column::value("QUEUED", "QUEUED"),
            Column::value("RUNNING", "RUN"),
            Column::value("PER SECOND", "RATE/S"),
            Column::text("STATE"),
        ];
        let waits = "waits: no connection to http://127.0.0.1:5005";
        let rows = ["ready", waits].map(|it| row(&["average_color", "150,000", "4", "12.3", it]));
        let text = written(&columns, Some(50), &[&rows]);
        let expected = "MODEL         QUEUED  RUN RATE/S STATE\n\
                        average_color 150,000   4   12.3 ready\n\
                        average_color 150,000   4   12.3\n  \
                          waits: no connection to http://127.0.0.1:5005\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn notes_stand_below_their_row() {
        let noted = Row {
            notes: vec!["* It is cut short.".to_owned()],
            ..row(&["a *", "m", "QUEUED", ""])
        };
        let expected = "PHOTO  MODEL  STATE   RESULT\na *    m      QUEUED\n  * It is cut short.\n";
        assert_eq!(written(&RESULTS, None, &[&[noted]]), expected);
    }
}
