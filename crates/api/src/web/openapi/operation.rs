//! One operation, put together piece by piece: what is said of it, what it takes, what it answers.

use serde_json::{Value, json};
use utoipa::ToSchema;

use super::content::Content;
use super::problems;
use super::schemas::{Schemas, array_of, learn, reference};
use crate::http::problem::Problem;

/// What one method of one path does.
#[derive(Clone)]
pub(super) struct Operation {
    value: Value,
    schemas: Schemas,
}

/// Where a parameter stands.
#[derive(Clone, Copy)]
pub(super) enum In {
    Path,
    Query,
    Header,
}

/// A question in a query that is answered with yes or no; its name alone says yes.
pub(super) fn flag() -> Value {
    json!({"type": "string", "enum": ["true", "false", "1", "0", "on", "off", "yes", "no", ""],
           "default": "false"})
}

impl Operation {
    /// An operation with a name for programs and a line for people.
    pub(super) fn new(id: &str, summary: &str) -> Self {
        let value = json!({"operationId": id, "summary": summary, "responses": {}});
        Self { value, schemas: Schemas::new() }
    }

    /// Says more about it.
    pub(super) fn text(mut self, text: &str) -> Self {
        self.value["description"] = json!(text);
        self
    }

    /// A parameter, which must be given if it is part of the path.
    pub(super) fn takes(mut self, place: In, name: &str, text: &str, schema: &Value) -> Self {
        let (place, is_required) = match place {
            In::Path => ("path", true),
            In::Query => ("query", false),
            In::Header => ("header", false),
        };
        let mut parameter = json!({
            "in": place, "name": name, "description": text, "required": is_required, "schema": schema,
        });
        if schema["type"] == "array" {
            // The names of models and hashes are listed with commas.
            parameter["style"] = json!("form");
            parameter["explode"] = json!(false);
        }
        push(&mut self.value["parameters"], parameter);
        self
    }

    /// The image's hash as a part of the path.
    pub(super) fn takes_image(self) -> Self {
        let text = "The photo's MD5.";
        self.knows::<photo_core::ImageKey>().takes(
            In::Path,
            "image",
            text,
            &reference::<photo_core::ImageKey>(),
        )
    }

    /// Whose jobs alone are meant.
    pub(super) fn takes_models(self) -> Self {
        let text = "Of these models' jobs alone, with commas or by repeating it: what others asked for \
                    about the same photo then decides nothing.";
        self.knows::<photo_core::ModelName>().takes(
            In::Query,
            "models",
            text,
            &array_of::<photo_core::ModelName>(1, 1_000),
        )
    }

    /// What a client has of the answer, so that it need not be sent again.
    pub(super) fn takes_etag(self) -> Self {
        let text = "The `ETag` of an earlier answer: while it holds, the answer is 304.";
        self.takes(In::Header, "If-None-Match", text, &json!({"type": "string"}))
    }

    /// The body it takes, which must be there.
    pub(super) fn takes_body(mut self, body: Content) -> Self {
        let Content { text, media, schemas, .. } = body;
        self.schemas.extend(schemas);
        self.value["requestBody"] =
            json!({"required": true, "description": text, "content": media});
        self
    }

    /// What it answers with this status.
    pub(super) fn answers(mut self, status: u16, answer: Content) -> Self {
        let Content { text, media, headers, schemas } = answer;
        self.schemas.extend(schemas);
        let mut response = json!({"description": text});
        if !media.is_empty() {
            response["content"] = media.into();
        }
        if !headers.is_empty() {
            response["headers"] = headers.into();
        }
        self.value["responses"][status.to_string()] = response;
        self
    }

    /// What can be asked next about an image whose hash stands in the answer.
    pub(super) fn linked(
        mut self,
        status: u16,
        name: &str,
        id: &str,
        hash: &str,
        text: &str,
    ) -> Self {
        self.value["responses"][status.to_string()]["links"][name] = json!({
            "operationId": id,
            "parameters": {"image": format!("$response.body#{hash}")},
            "description": text,
        });
        self
    }

    /// How it can fail: all that have a status in common are named at once.
    pub(super) fn fails(mut self, failures: Vec<Problem>) -> Self {
        for (status, response) in problems::responses(failures) {
            debug_assert!(self.value["responses"][&status].is_null(), "{status} twice");
            self.value["responses"][status] = response;
        }
        self
    }

    /// Any other member.
    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        self.value[name] = value;
        self
    }

    /// Makes a schema known that the operation refers to.
    pub(super) fn knows<T: ToSchema>(mut self) -> Self {
        learn::<T>(&mut self.schemas);
        self
    }

    /// What `HEAD` answers where this is `GET`: the same without bodies.
    pub(super) fn into_head(mut self) -> Self {
        if let Some(responses) = self.value["responses"].as_object_mut() {
            for response in responses.values_mut().filter_map(Value::as_object_mut) {
                response.remove("content");
            }
        }
        let id = self.value["operationId"].as_str().unwrap_or_default().to_owned();
        // `getImage` becomes `headImage`.
        let noun = id.trim_start_matches(|letter: char| letter.is_ascii_lowercase());
        self.value["operationId"] = json!(format!("head{noun}"));
        self.value["summary"] = json!(format!("The head of what `{id}` answers"));
        self
    }

    /// The operation as it stands in the document, and the schemas that it refers to.
    pub(super) fn into_parts(self, tag: &str) -> (Value, Schemas) {
        let mut value = self.value;
        value["tags"] = json!([tag]);
        (value, self.schemas)
    }
}

fn push(list: &mut Value, value: Value) {
    match list {
        Value::Array(values) => values.push(value),
        other => *other = Value::Array(vec![value]),
    }
}
