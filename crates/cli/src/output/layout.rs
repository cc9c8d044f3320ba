//! How wide the columns of a table are in a window.

use console::{measure_text_width, truncate_str};

/// The space between two columns, and where there is little room.
const GAP: usize = 2;
const NARROW_GAP: usize = 1;

/// The least that is shown of a name.
const MIN_NAME: usize = 10;

/// Which part of a window a text has before names are shown whole.
const TEXT_SHARE: usize = 3;

/// A column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    head: &'static str,
    /// The head where there is little room.
    short: &'static str,
    kind: Kind,
    /// Whether of what is cut the end is kept.
    keeps_end: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Name,
    Value,
    Text,
}

impl Column {
    /// A column of names.
    pub(crate) const fn name(head: &'static str) -> Self {
        Self { head, short: head, kind: Kind::Name, keeps_end: false }
    }

    /// A column of paths, of which the end is kept, where the file's name is.
    pub(crate) const fn path(head: &'static str) -> Self {
        Self { keeps_end: true, ..Self::name(head) }
    }

    /// A column of short values, that are never cut, with a shorter head where there is little
    /// room. Numbers stand on the right.
    pub(crate) const fn value(head: &'static str, short: &'static str) -> Self {
        Self { head, short, kind: Kind::Value, keeps_end: false }
    }

    /// A column of texts, that may be long.
    pub(crate) const fn text(head: &'static str) -> Self {
        Self { head, short: head, kind: Kind::Text, keeps_end: false }
    }

    pub(super) fn is_text(self) -> bool {
        self.kind == Kind::Text
    }

    /// Whether a cell of it is a number.
    pub(super) fn is_number(self, cell: &str) -> bool {
        let is_digit = |byte: u8| b"0123456789,.-".contains(&byte);
        self.kind == Kind::Value && !cell.is_empty() && cell.bytes().all(is_digit)
    }

    /// As much of a cell as there is room for.
    pub(super) fn cut(self, cell: &str, width: usize) -> String {
        if !self.keeps_end {
            return truncate_str(cell, width, "…").into_owned();
        }
        let mut room = width.saturating_sub(1);
        let mut kept: Vec<char> = Vec::new();
        for character in cell.chars().rev() {
            let Some(left) =
                room.checked_sub(measure_text_width(character.encode_utf8(&mut [0; 4])))
            else {
                break;
            };
            room = left;
            kept.push(character);
        }
        ['…'].into_iter().chain(kept.into_iter().rev()).collect()
    }
}

/// How wide each column is.
#[derive(Debug)]
pub(super) struct Layout {
    /// `None` for a column that is not shown: its texts stand below their rows.
    widths: Vec<Option<usize>>,
    gap: usize,
    is_narrow: bool,
}

impl Layout {
    /// The layout of columns whose cells are so wide, in this window if there is one.
    pub(super) fn of(columns: &[Column], cells: &[usize], window: Option<usize>) -> Self {
        let wide = Self::wide(columns, cells);
        match window {
            Some(window) if wide.total() > window => Self::narrow(columns, cells, window),
            _ => wide,
        }
    }

    /// One in which everything has room.
    fn wide(columns: &[Column], cells: &[usize]) -> Self {
        let columns = columns.iter().zip(cells);
        let widths = columns.map(|(column, cell)| Some(measure_text_width(column.head).max(*cell)));
        Self { widths: widths.collect(), gap: GAP, is_narrow: false }
    }

    /// One in which values have room, the first text has what is left, and the others have none.
    fn narrow(columns: &[Column], cells: &[usize], window: usize) -> Self {
        let first_text = columns.iter().position(|column| column.is_text());
        let with_gap = |gap| Self::with_gap(gap, columns, cells, first_text, window);
        let layout = with_gap(GAP).or_else(|_| with_gap(NARROW_GAP));
        let mut layout = layout.unwrap_or_else(|too_wide| too_wide);
        let others = layout.total();
        if let Some(at) = first_text
            && let Some(Some(text)) = layout.widths.get_mut(at)
        {
            let left = window.saturating_sub(others - *text);
            *text = left.min(cells[at].max(*text));
        }
        layout
    }

    /// One with this gap, in which the text is as wide as its head; an error if there is not enough
    /// room for it to grow.
    fn with_gap(
        gap: usize,
        columns: &[Column],
        cells: &[usize],
        text: Option<usize>,
        window: usize,
    ) -> Result<Self, Self> {
        let is_narrow = gap == NARROW_GAP;
        let widths = columns.iter().zip(cells).enumerate().map(|(number, (column, cell))| {
            let head = measure_text_width(if is_narrow { column.short } else { column.head });
            match column.kind {
                Kind::Text => (text == Some(number)).then_some(head),
                Kind::Name | Kind::Value => Some(head.max(*cell)),
            }
        });
        let mut layout = Self { widths: widths.collect(), gap, is_narrow };
        let growth = text.map_or(0, |at| {
            cells[at].min(window / TEXT_SHARE).saturating_sub(layout.width(at).unwrap_or_default())
        });
        layout.shrink_names(columns, window.saturating_sub(growth));
        if layout.total() + growth <= window { Ok(layout) } else { Err(layout) }
    }

    /// Takes from the longest names until all columns fit, or nothing can be taken.
    fn shrink_names(&mut self, columns: &[Column], window: usize) {
        while self.total() > window {
            let names = columns.iter().zip(&mut self.widths);
            let names = names.filter(|(column, _)| column.kind == Kind::Name);
            let longest = names.filter_map(|(_, width)| width.as_mut()).max();
            match longest {
                Some(width) if *width > MIN_NAME => *width -= 1,
                _ => return,
            }
        }
    }

    fn total(&self) -> usize {
        let shown = self.widths.iter().flatten();
        shown.clone().sum::<usize>() + self.gap * shown.count().saturating_sub(1)
    }

    pub(super) fn head(&self, column: &Column) -> &'static str {
        if self.is_narrow { column.short } else { column.head }
    }

    pub(super) fn width(&self, number: usize) -> Option<usize> {
        self.widths.get(number).copied().flatten()
    }

    /// The space before a column.
    pub(super) fn gap(&self, number: usize) -> usize {
        if number == 0 { 0 } else { self.gap }
    }
}

/// A text on lines of this width, if there is one. Words are broken only where they are too long.
pub(super) fn wrapped(text: &str, width: Option<usize>) -> Vec<String> {
    let Some(width) = width.filter(|width| *width > 0) else { return vec![text.to_owned()] };
    let mut lines = vec![String::new()];
    let mut room = width;
    for word in text.split_inclusive(' ') {
        let needed = measure_text_width(word.trim_end());
        if needed > room && room < width {
            lines.push(String::new());
            room = width;
        }
        for character in word.chars() {
            let needed = measure_text_width(character.encode_utf8(&mut [0; 4]));
            if needed > room {
                if character == ' ' {
                    continue;
                }
                lines.push(String::new());
                room = width;
            }
            room = room.saturating_sub(needed);
            if let Some(line) = lines.last_mut() {
                line.push(character);
            }
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_path_the_end_is_kept() {
        let column = Column::path("PHOTO");
        assert_eq!(column.cut("archive/photo.jpg", 10), "…photo.jpg");
        assert_eq!(column.cut("写真写真.jpg", 8), "…真.jpg");
        assert_eq!(Column::text("WHY").cut("a long reason", 7), "a long…");
    }

    #[test]
    fn texts_are_wrapped_between_words() {
        let lines = wrapped("no connection to http://127.0.0.1:5005 yet", Some(14));
        assert_eq!(lines, ["no connection", "to", "http://127.0.0", ".1:5005 yet"]);
        assert_eq!(wrapped("as it is", None), ["as it is"]);
        assert_eq!(wrapped("", Some(9)), [""]);
    }
}
