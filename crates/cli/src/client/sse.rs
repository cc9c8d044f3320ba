//! Server-sent events, taken apart (WHATWG HTML, section 9.2).

use std::collections::VecDeque;

/// The most bytes of one event: an image with the results of many models.
const LONGEST_EVENT: usize = 64 << 20;

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Message {
    /// Its kind.
    pub(super) event: String,
    /// What it says.
    pub(super) data: String,
    /// Where the stream is after it.
    pub(super) id: Option<String>,
}

/// Takes a stream apart, whatever pieces it comes in.
#[derive(Debug, Default)]
pub(super) struct Parser {
    line: Vec<u8>,
    /// Whether the last byte ended a line as a carriage return, so that a line feed ends none.
    after_return: bool,
    message: Message,
    /// Whether the message has any data.
    has_data: bool,
    ready: VecDeque<Message>,
}

/// An event without an end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl Parser {
    /// Takes in the next piece.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<(), TooLong> {
        for byte in piece {
            let is_second_half = self.after_return && *byte == b'\n';
            self.after_return = *byte == b'\r';
            match byte {
                _ if is_second_half => {}
                b'\r' | b'\n' => self.end_line(),
                _ => self.line.push(*byte),
            }
        }
        let held = self.line.len() + self.message.data.len();
        if held > LONGEST_EVENT { Err(TooLong) } else { Ok(()) }
    }

    /// The next event that has come whole.
    pub(super) fn pop(&mut self) -> Option<Message> {
        self.ready.pop_front()
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        if line.is_empty() {
            let message = std::mem::take(&mut self.message);
            if std::mem::take(&mut self.has_data) {
                self.ready.push_back(message);
            }
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.message.event),
            "id" => self.message.id = Some(value.to_owned()),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.message.data.push('\n');
                }
                self.message.data.push_str(value);
            }
            // Comments, and what is not for us.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(event: &str, data: &str, id: Option<&str>) -> Message {
        Message { event: event.to_owned(), data: data.to_owned(), id: id.map(str::to_owned) }
    }

    #[test]
    fn events_are_found_in_pieces_of_every_size() {
        let text = ": alive\n\nevent: image\nid: 7\ndata: {\"a\":\ndata:1}\n\nid: 8\n\n\
                    event: done\r\ndata: {}\r\n\r\ndata\r\revent: cut\ndata: off\n";
        let expected = [
            message("image", "{\"a\":\n1}", Some("7")),
            message("done", "{}", None),
            message("", "", None),
        ];
        for size in 1..=text.len() {
            let mut parser = Parser::default();
            let mut found = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                parser.push(piece).unwrap();
                found.extend(std::iter::from_fn(|| parser.pop()));
            }
            assert_eq!(found, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn an_event_without_an_end_is_given_up() {
        let mut parser = Parser::default();
        let piece = vec![b'a'; 1 << 20];
        let pushed = (0..=LONGEST_EVENT >> 20).map(|_| parser.push(&piece));
        assert_eq!(pushed.last(), Some(Err(TooLong)));
    }
}
