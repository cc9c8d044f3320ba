//! A client of server-sent events.

use std::collections::VecDeque;
use std::time::Duration;

use reqwest::Response;
use serde_json::Value;

/// How long an event may be waited for.
const DEADLINE: Duration = Duration::from_mins(1);

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// What kind it is.
    pub name: String,
    /// Its data.
    pub data: Value,
    /// The last id that was sent before it or with it.
    pub id: Option<String>,
}

/// A stream that is being read.
pub struct EventReader {
    response: Response,
    text: Vec<u8>,
    events: VecDeque<Event>,
    last_id: Option<String>,
}

impl EventReader {
    /// Reads the answer to a request for events. Panics if it is none.
    pub fn new(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: Vec::new(), events: VecDeque::new(), last_id: None }
    }

    /// The next event; `None` at the end of the stream, or where it was cut off. Panics if nothing
    /// comes for longer than a test can wait.
    pub async fn next(&mut self) -> Option<Event> {
        while self.events.is_empty() {
            let piece = tokio::time::timeout(DEADLINE, self.response.chunk()).await;
            self.take_in(&piece.expect("something is told in time").ok()??);
        }
        self.events.pop_front()
    }

    /// The next event of this name, without those before it.
    pub async fn next_of(&mut self, name: &str) -> Event {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if event.name == name {
                return event;
            }
        }
    }

    /// What a browser sends as `Last-Event-ID` when it comes back.
    pub fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    fn take_in(&mut self, piece: &[u8]) {
        self.text.extend_from_slice(piece);
        while let Some(end) = self.text.windows(2).position(|two| two == b"\n\n") {
            let block: Vec<u8> = self.text.drain(..end + 2).collect();
            let block = String::from_utf8(block).expect("events are UTF-8");
            let field = |name: &str| {
                block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            };
            if let Some(id) = field("id") {
                self.last_id = Some(id.to_owned());
            }
            // Without data there is no event.
            let Some(data) = field("data") else { continue };
            let data = serde_json::from_str(data).expect("data is JSON in one line");
            let name = field("event").unwrap_or("message").to_owned();
            self.events.push_back(Event { name, data, id: self.last_id.clone() });
        }
    }
}
