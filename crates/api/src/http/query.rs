//! What a request's query says, key by key.

use std::fmt;

use photo_core::nearest;

use crate::http::request_error::RequestError;
use crate::http::text::shorten;

/// The most letters that differ in a key that is taken for a misspelt one.
const MAX_WRONG_LETTERS: usize = 3;

/// A key that libraries add so that no cache answers, with a value that means nothing.
const CACHE_BUSTER: &str = "_";

/// The keys and values of a query, in their order.
#[derive(Debug)]
pub(crate) struct Query {
    pairs: Vec<(String, Option<String>)>,
}

impl Query {
    /// Reads the text behind a URL's question mark.
    pub(crate) fn parse(query: &str) -> Self {
        let pairs = query.split('&').filter_map(|pair| {
            let (key, value) = url::form_urlencoded::parse(pair.as_bytes()).next()?;
            Some((key.into_owned(), pair.contains('=').then(|| value.into_owned())))
        });
        Self { pairs: pairs.collect() }
    }

    /// Refuses a query with a key that is none of `known`: what it was to say would be ignored.
    pub(crate) fn check(&self, known: &[&str]) -> Result<(), RequestError> {
        let is_known = |key: &str| key == CACHE_BUSTER || known.contains(&key);
        let Some((key, _)) = self.pairs.iter().find(|(key, _)| !is_known(key)) else {
            return Ok(());
        };
        let hint = match nearest(key, known, MAX_WRONG_LETTERS) {
            Some(key) => format!("did you mean `{key}`?"),
            None if known.is_empty() => "this path takes none.".to_owned(),
            None => format!("known here are {}.", known.join(", ")),
        };
        let what = format!("The query has the unknown key {:?}: {hint}", shorten(key));
        Err(RequestError::Unreadable(what))
    }

    /// All values of a key.
    pub(crate) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        let values = self.pairs.iter().filter(move |(it, _)| it == key);
        values.map(|(_, value)| value.as_deref().unwrap_or_default())
    }

    /// The first value of a key.
    pub(crate) fn get<'a>(&'a self, key: &'a str) -> Option<&'a str> {
        self.all(key).next()
    }

    /// Whether a key is set: that it stands there without a value will do.
    pub(crate) fn flag(&self, key: &str) -> Result<bool, RequestError> {
        match self.pairs.iter().find(|(it, _)| it == key) {
            Some((_, Some(value))) => parse_flag(key, value),
            Some((_, None)) => Ok(true),
            None => Ok(false),
        }
    }

    /// A whole number, if there is one.
    pub(crate) fn number(&self, key: &str) -> Result<Option<u64>, RequestError> {
        let number = self.get(key).map(|text| {
            text.trim().parse().map_err(|_| wrong(key, text, "a whole number, 0 or more"))
        });
        number.transpose()
    }

    /// The keys and values, in their order; a key without a value is followed by nothing.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.pairs.iter().map(|(key, value)| (key.as_str(), value.as_deref()))
    }
}

/// Reads yes or no, in the spellings of forms and programs.
pub(crate) fn parse_flag(name: &str, text: &str) -> Result<bool, RequestError> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "on" | "yes" => Ok(true),
        "false" | "0" | "off" | "no" | "" => Ok(false),
        _ => Err(wrong(name, text, "true or false")),
    }
}

/// That the value of `name` is not what was expected.
pub(crate) fn wrong(name: &str, value: &str, expected: impl fmt::Display) -> RequestError {
    let value = shorten(value);
    RequestError::Unreadable(format!("`{name}` is wrong: {value:?} is not {expected}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_their_keys() {
        let query = Query::parse("a=1&b&a=x%20y+z&&c=");
        assert_eq!(query.all("a").collect::<Vec<_>>(), ["1", "x y z"]);
        assert_eq!((query.get("b"), query.get("c"), query.get("d")), (Some(""), Some(""), None));
    }

    #[test]
    fn a_flag_without_a_value_is_set() {
        for (query, is_set) in [
            ("rerun", true),
            ("a=b&rerun&c", true),
            ("rerun=TRUE", true),
            ("rerun=on", true),
            ("rerun=", false),
            ("rerun=0", false),
            ("", false),
        ] {
            assert_eq!(Query::parse(query).flag("rerun").unwrap(), is_set, "{query}");
        }
        let refusal = Query::parse("rerun=maybe").flag("rerun").unwrap_err().to_string();
        assert_eq!(refusal, "`rerun` is wrong: \"maybe\" is not true or false.");
    }

    #[test]
    fn a_number_that_is_none_is_refused_by_name() {
        assert_eq!(Query::parse("limit=7").number("limit").unwrap(), Some(7));
        assert_eq!(Query::parse("").number("limit").unwrap(), None);
        for text in ["-1", "", "1.5", "many", "99999999999999999999"] {
            let query = Query::parse(&format!("limit={text}")).number("limit");
            let refusal = query.unwrap_err().to_string();
            let expected = format!("`limit` is wrong: {text:?} is not a whole number, 0 or more.");
            assert_eq!(refusal, expected);
        }
    }

    #[test]
    fn an_unknown_key_is_answered_with_the_nearest_known_one() {
        let check = |query: &str, known: &[&str]| Query::parse(query).check(known);
        check("wait=5&models=a&_=1700000000", &["wait", "models"]).unwrap();
        for (query, known, hint) in [
            ("modles=a", &["wait", "models"][..], "\"modles\": did you mean `models`?"),
            ("Wait=5", &["wait", "models"], "\"Wait\": did you mean `wait`?"),
            ("verbose", &["wait", "models"], "\"verbose\": known here are wait, models."),
            ("a=b", &[], "\"a\": this path takes none."),
        ] {
            let refusal = check(query, known).unwrap_err().to_string();
            assert_eq!(refusal, format!("The query has the unknown key {hint}"));
        }
    }
}
