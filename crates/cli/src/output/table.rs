//! Columns of text, written row by row.

use std::io::{self, Write};

use console::{measure_text_width, style, truncate_str};

/// The space between two columns.
const GAP: usize = 2;

/// A table. Its columns are as wide as what was written so far; on a terminal a row ends where the
/// window does.
#[derive(Debug)]
pub(crate) struct Table {
    heads: Vec<&'static str>,
    widths: Vec<usize>,
    /// The columns of the window, if there is one.
    window: Option<usize>,
    has_head: bool,
}

impl Table {
    /// A table with these columns. Names in capitals stand on the right.
    pub(crate) fn new(heads: &[&'static str]) -> Self {
        let window = super::is_terminal().then(|| usize::from(console::Term::stdout().size().1));
        Self {
            heads: heads.to_vec(),
            widths: heads.iter().map(|head| measure_text_width(head)).collect(),
            window,
            has_head: false,
        }
    }

    /// Writes rows, and the head before the first ones. What they say must be printable.
    pub(crate) fn write(
        &mut self,
        output: &mut impl Write,
        rows: &[Vec<String>],
    ) -> io::Result<()> {
        for row in rows {
            for (width, cell) in self.widths.iter_mut().zip(row) {
                *width = (*width).max(measure_text_width(cell));
            }
        }
        if !std::mem::replace(&mut self.has_head, true) {
            let heads: Vec<String> = self.heads.iter().map(ToString::to_string).collect();
            let line = self.line(&heads);
            writeln!(output, "{}", style(line).bold())?;
        }
        for row in rows {
            writeln!(output, "{}", coloured(&self.line(row), row))?;
        }
        Ok(())
    }

    fn line(&self, row: &[String]) -> String {
        let mut line = String::new();
        for (number, (cell, width)) in row.iter().zip(&self.widths).enumerate() {
            let space = " ".repeat(width.saturating_sub(measure_text_width(cell)));
            let is_number = cell.bytes().all(|byte| b"0123456789,.-".contains(&byte));
            let gap = if number == 0 { 0 } else { GAP };
            line.push_str(&" ".repeat(gap));
            if is_number && number > 0 {
                line.push_str(&space);
                line.push_str(cell);
            } else {
                line.push_str(cell);
                line.push_str(&space);
            }
        }
        let line = line.trim_end();
        match self.window {
            Some(window) => truncate_str(line, window, "…").into_owned(),
            None => line.to_owned(),
        }
    }
}

/// States stand out, where colours are seen.
fn coloured(line: &str, row: &[String]) -> String {
    let state = |cell: &&String| {
        matches!(cell.as_str(), "FAILED" | "UNKNOWN" | "CANCELLED" | "SUCCEEDED" | "WAITING")
    };
    let Some(state) = row.iter().find(state) else { return line.to_owned() };
    let shown = match state.as_str() {
        "SUCCEEDED" => style(state).green(),
        "WAITING" | "CANCELLED" => style(state).yellow(),
        _ => style(state).red(),
    };
    line.replacen(state.as_str(), &shown.to_string(), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_in_them_and_numbers_stand_on_the_right() {
        let mut table = Table { window: None, ..Table::new(&["NAME", "COUNT", "WHY"]) };
        let mut output = Vec::new();
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        table.write(&mut output, &[row(["写真.jpg", "7", ""]), row(["b", "1,234", "so"])]).unwrap();
        table.write(&mut output, &[row(["a longer name", "1", "x"])]).unwrap();
        let expected = "NAME      COUNT  WHY\n\
                        写真.jpg      7\n\
                        b         1,234  so\n\
                        a longer name      1  x\n";
        assert_eq!(String::from_utf8(output).unwrap(), expected);
    }

    #[test]
    fn a_row_ends_where_the_window_does() {
        let table = Table { window: Some(8), ..Table::new(&["A", "B"]) };
        assert_eq!(table.line(&["long".to_owned(), "longer".to_owned()]), "long  l…");
    }
}
