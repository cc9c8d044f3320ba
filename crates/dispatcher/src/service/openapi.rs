//! Finding out how a service takes photos, from its own description of itself.
//!
//! Its failures do not tell: asked in the wrong way, some releases complain about the request, and
//! others that there is no such photo, which is also what they say when there is none.

use std::time::Duration;

use hyper::Method;
use photo_config::ServiceUrl;
use serde_json::Value;

use super::answer::BodyEnd;
use super::body;
use super::{Generation, ServiceClient};

/// How long a service may take to describe itself.
const TIMEOUT: Duration = Duration::from_secs(5);

/// More of a description than this is not read.
const MAX_BYTES: u64 = 1024 * 1024;

impl ServiceClient {
    /// The generation that a service says it is of; [`Generation::Either`] if it does not say.
    /// `None` if it cannot be asked now.
    pub async fn generation(&self, url: &ServiceUrl) -> Option<Generation> {
        let asked = async {
            let response = self.ask(Method::GET, &format!("{url}/openapi.json")).await.ok()?;
            Some(body::read(response, MAX_BYTES).await)
        };
        let Ok(answer) = tokio::time::timeout(TIMEOUT, asked).await else {
            // Busy with a photo, perhaps: it is not to be asked again before every one.
            return Some(Generation::Either);
        };
        let answer = answer?;
        let whole = answer.status == 200 && answer.end == BodyEnd::Complete;
        match answer.status {
            429 | 500.. => None,
            _ => Some(Generation::described(if whole { &answer.body } else { b"" })),
        }
    }
}

impl Generation {
    /// The generation of a service that describes itself so in its `/openapi.json`.
    pub fn described(description: &[u8]) -> Self {
        let description: Value = serde_json::from_slice(description).unwrap_or_default();
        let predict = &description["paths"]["/predict"]["post"];
        if predict["requestBody"]["content"]["multipart/form-data"].is_object() {
            return Self::Multipart;
        }
        let mut parameters = predict["parameters"].as_array().into_iter().flatten();
        if parameters.any(|it| it["name"] == "filename" && it["in"] == "query") {
            return Self::Filename;
        }
        Self::Either
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_or_a_query_parameter_tells_the_generation() {
        let form = br##"{"paths": {"/predict": {"post": {"requestBody": {"content":
            {"multipart/form-data": {"schema": {"$ref": "#/components/schemas/Body"}}},
            "required": true}}}}}"##;
        assert_eq!(Generation::described(form), Generation::Multipart);
        let query = br#"{"paths": {"/predict": {"post": {"parameters": [
            {"required": false, "schema": {"default": ""}, "name": "filename", "in": "query"}]}}}}"#;
        assert_eq!(Generation::described(query), Generation::Filename);
    }

    #[test]
    fn anything_else_tells_nothing() {
        for text in ["", "<html>", "[]", "{}", r#"{"paths": {"/predict": {"post": {}}}}"#] {
            assert_eq!(Generation::described(text.as_bytes()), Generation::Either, "{text}");
        }
    }
}
