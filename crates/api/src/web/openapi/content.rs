//! What a request or an answer carries.

use serde_json::{Value, json};
use utoipa::ToSchema;

use super::schemas::{Members, Schemas, learn, reference};

/// A body in one or more media types, with the headers beside it.
#[derive(Clone, Default)]
pub(super) struct Content {
    pub(super) text: String,
    pub(super) media: Members,
    pub(super) headers: Members,
    pub(super) schemas: Schemas,
}

impl Content {
    /// Nothing but what it means.
    pub(super) fn empty(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// A value of this type as JSON.
    pub(super) fn json<T: ToSchema>(text: &str, example: Value) -> Self {
        Self::empty(text).or_json::<T>(example)
    }

    /// JSON of this schema.
    pub(super) fn plain_json(text: &str, schema: &Value, example: Value) -> Self {
        let mut media = json!({"schema": schema});
        media["example"] = example;
        Self::empty(text).or("application/json", media)
    }

    /// Or a value of this type as JSON.
    pub(super) fn or_json<T: ToSchema>(self, example: Value) -> Self {
        let mut media = json!({"schema": reference::<T>()});
        media["example"] = example;
        self.knows::<T>().or("application/json", media)
    }

    /// Or this media type, with a Media Type Object.
    pub(super) fn or(mut self, media_type: &str, media: Value) -> Self {
        self.media.insert(media_type.to_owned(), media);
        self
    }

    /// A header that comes with it.
    pub(super) fn header(mut self, name: &str, text: &str, schema: &Value) -> Self {
        self.headers.insert(name.to_owned(), json!({"description": text, "schema": schema}));
        self
    }

    /// The header by which a client can tell whether it has the answer already.
    pub(super) fn etag(self) -> Self {
        let text = "Stands for the answer's bytes; to be sent as `If-None-Match`.";
        self.header("ETag", text, &json!({"type": "string"}))
    }

    /// Makes a schema known that the content refers to.
    pub(super) fn knows<T: ToSchema>(mut self) -> Self {
        learn::<T>(&mut self.schemas);
        self
    }
}
