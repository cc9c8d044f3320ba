//! What becomes of images, told by the server as it happens.

use photo_core::{ImageKey, ModelName};
use reqwest::Response;
use serde::Deserialize;

use super::images::question;
use super::sse::{Message, Parser};
use super::{CallError, ImageView, Server};

/// A stream of events about a set of images.
pub(crate) struct EventStream<'a> {
    server: &'a Server,
    response: Response,
    parser: Parser,
    last_id: Option<String>,
}

/// What happened.
#[derive(Debug)]
pub(crate) enum Event {
    /// An image is, or has come to be, as it is shown.
    Image(Box<ImageView>),
    /// No job is known of these.
    Unknown(Vec<ImageKey>),
    /// Nothing more happens to the images.
    Done,
}

#[derive(Deserialize)]
struct Unknown {
    images: Vec<ImageKey>,
}

impl Server {
    /// Follows the jobs of images by these models, all if none is named, from the event of this id
    /// on if there is one. Tried once.
    pub(crate) async fn events(
        &self,
        images: &[ImageKey],
        models: &[ModelName],
        last_id: Option<String>,
    ) -> Result<EventStream<'_>, CallError> {
        let mut request = self.post("/predict/events").json(&question(images, models));
        request = request.header("accept", "text/event-stream");
        if let Some(id) = &last_id {
            request = request.header("last-event-id", id);
        }
        let response = self.open_in_time(request).await?;
        Ok(EventStream { server: self, response, parser: Parser::default(), last_id })
    }
}

impl EventStream<'_> {
    /// The next event. A stream never ends by itself but by an error.
    pub(crate) async fn next(&mut self) -> Result<Event, CallError> {
        loop {
            while let Some(message) = self.parser.pop() {
                if let Some(event) = self.understand(message)? {
                    return Ok(event);
                }
            }
            // Where nothing happens the server says at least that it is alive.
            match self.server.next_piece(&mut self.response).await? {
                Some(piece) => self
                    .parser
                    .push(&piece)
                    .map_err(|_| self.server.garbled("an event without an end"))?,
                None => return Err(self.server.broken("the stream of events ended")),
            }
        }
    }

    /// Where the stream is: what [`Server::events`] goes on from.
    pub(crate) fn last_id(&self) -> Option<String> {
        self.last_id.clone()
    }

    fn understand(&mut self, message: Message) -> Result<Option<Event>, CallError> {
        let data = message.data.as_bytes();
        let event = match message.event.as_str() {
            "image" => Event::Image(self.server.parse(data)?),
            "unknown" => Event::Unknown(self.server.parse::<Unknown>(data)?.images),
            "done" => Event::Done,
            // Later servers may have more to say.
            _ => return Ok(None),
        };
        if message.id.is_some() {
            self.last_id = message.id;
        }
        Ok(Some(event))
    }
}
