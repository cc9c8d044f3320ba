//! What a request says beside its photos: in the query, in text parts of the form, or both.

use photo_core::ModelName;
use photo_core::job::{Priority, SubmitMode};

use crate::http::body::split_list;
use crate::http::query::{Query, parse_flag, wrong};
use crate::http::request_error::RequestError;
use crate::http::text::shorten;
use crate::jobs::selection::MAX_MODELS;

/// What a request may say in its query or in its form.
pub(crate) const KEYS: &[&str] = &["models", "priority", "rerun", "callback"];

/// What is to be done with the photos.
#[derive(Debug, Default)]
pub(in crate::photos) struct Fields {
    pub(in crate::photos) priority: Priority,
    pub(in crate::photos) mode: SubmitMode,
    /// The address to be called once the jobs have ended.
    pub(in crate::photos) callback: Option<String>,
    models: Vec<ModelName>,
    /// How often a model was named, the same one included.
    named: usize,
    /// Names that no model can have.
    impossible: Vec<String>,
}

impl Fields {
    /// Reads the fields in a URL's query.
    pub(in crate::photos) fn from_query(query: &Query) -> Result<Self, RequestError> {
        let mut fields = Self::default();
        for (name, value) in query.pairs() {
            fields.set(name, value.unwrap_or(if name == "rerun" { "true" } else { "" }))?;
        }
        Ok(fields)
    }

    /// Takes one field in. Other names than [`KEYS`] say nothing.
    pub(in crate::photos) fn set(&mut self, name: &str, value: &str) -> Result<(), RequestError> {
        match name {
            "models" => self.add_names(split_list("models", value)?)?,
            "priority" => {
                let expected = "a priority: high, normal or low";
                self.priority =
                    value.trim().parse().map_err(|_| wrong("priority", value, expected))?;
            }
            "rerun" => {
                let is_rerun = parse_flag("rerun", value)?;
                self.mode = if is_rerun { SubmitMode::Rerun } else { SubmitMode::New };
            }
            "callback" => self.callback = Some(value.trim().to_owned()),
            _ => {}
        }
        Ok(())
    }

    /// Takes in names of models, one by one.
    pub(in crate::photos) fn add_names(&mut self, names: Vec<String>) -> Result<(), RequestError> {
        for name in names {
            self.named += 1;
            if self.named > MAX_MODELS {
                let what = format!("More than {MAX_MODELS} models are named.");
                return Err(RequestError::Unreadable(what));
            }
            match name.parse() {
                Ok(name) if self.models.contains(&name) => {}
                Ok(name) => self.models.push(name),
                Err(_) => self.impossible.push(shorten(&name)),
            }
        }
        Ok(())
    }

    /// The models named so far, each once, in the order they were named.
    pub(in crate::photos) fn models(&self) -> &[ModelName] {
        &self.models
    }

    /// Names that are not even well formed.
    pub(in crate::photos) fn impossible(&self) -> &[String] {
        &self.impossible
    }

    /// Whether any model was named so far, well or badly.
    pub(in crate::photos) fn names_models(&self) -> bool {
        !self.models.is_empty() || !self.impossible.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(values: &[&str]) -> Vec<String> {
        let mut fields = Fields::default();
        for value in values {
            fields.set("models", value).unwrap();
        }
        fields.models().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn models_are_named_in_every_way_clients_do() {
        assert_eq!(names(&["a", "b"]), ["a", "b"]);
        assert_eq!(names(&["a,b"]), ["a", "b"]);
        assert_eq!(names(&[r#"["a", "b"]"#]), ["a", "b"]);
        assert_eq!(names(&[" a , b ,", "b"]), ["a", "b"]);
        assert_eq!(names(&["", " "]), Vec::<String>::new());
        let query = Query::parse("models=a,b&models=c&rerun&priority=high");
        let fields = Fields::from_query(&query).unwrap();
        assert_eq!(fields.models().len(), 3);
        assert_eq!((fields.mode, fields.priority), (SubmitMode::Rerun, Priority::High));
    }

    #[test]
    fn names_no_model_can_have_are_kept_apart() {
        let mut fields = Fields::default();
        fields.set("models", "a,../b,<x>").unwrap();
        assert_eq!(fields.impossible(), ["../b", "<x>"]);
    }

    #[test]
    fn wrong_values_are_refused() {
        for (name, value) in
            [("models", "[1"), ("models", "[1]"), ("priority", "urgent"), ("rerun", "maybe")]
        {
            let refused = Fields::default().set(name, value);
            assert!(matches!(refused, Err(RequestError::Unreadable(_))), "{name}={value}");
        }
    }
}
