//! Callbacks: a POST to an address of the client's once jobs of an image have ended.
//!
//! A client that posts photos may name an address to be called (`callback`). The address is kept in
//! the job store with the image and the models of the request, whose jobs alone it is about, and
//! every api delivers its share of the callbacks that are due, under a lease. What is posted is
//! what `GET /predict/<md5>` answers, signed by the Standard Webhooks specification.
//!
//! The address is a client's, and so is what a name resolves to: only hosts that the operator
//! listed are called, at addresses that were checked before, and no redirect is followed.

mod address;
mod caller;
mod deliverer;
mod signature;

use std::collections::BTreeSet;

use photo_config::CallbacksConfig;
use photo_core::job::Callback;
use photo_core::ports::StoreError;
use photo_core::{ImageKey, ModelName};
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

use crate::app::stores::Stores;
use crate::http::request_error::RequestError;
use crate::http::text::shorten;

/// The most bytes of a callback's address.
const MAX_URL_BYTES: usize = 2_000;

/// Delivers callbacks until `closing` is cancelled, if the operator allows any.
pub(crate) fn start(stores: &Stores, closing: &CancellationToken) {
    if let Some(secret) = &stores.config.callbacks.secret {
        tokio::spawn(deliverer::run(stores.clone(), secret.clone(), closing.clone()));
    }
}

/// Reads the address that a client wants to be called at; refuses an address that may not be
/// called.
pub(crate) fn check(config: &CallbacksConfig, text: &str) -> Result<Url, RequestError> {
    let refuse =
        |why: String| Err(RequestError::Unreadable(format!("`callback` is refused: {why}.")));
    if config.secret.is_none() || config.allow.is_empty() {
        return refuse(
            "this server calls nobody back, as its operator has not said by callbacks.secret and \
             callbacks.allow that it may; GET /events tells as much"
                .to_owned(),
        );
    }
    let Ok(mut url) = Url::parse(text) else {
        return refuse(format!("{:?} is no address", shorten(text)));
    };
    if !matches!(url.scheme(), "http" | "https") {
        return refuse("its address must begin with http:// or https://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("its address must not have a user or a password".to_owned());
    }
    if !config.allows(&url) {
        let host = url.host_str().unwrap_or_default();
        let port = url.port().map_or(String::new(), |port| format!(":{port}"));
        return refuse(format!(
            "{:?} is not among the hosts that the operator lists in callbacks.allow",
            shorten(&format!("{host}{port}"))
        ));
    }
    url.set_fragment(None);
    if url.as_str().len() > MAX_URL_BYTES {
        return refuse(format!("its address has more than {MAX_URL_BYTES} bytes"));
    }
    Ok(url)
}

/// Keeps a callback for each of these images, due once the image's jobs of these models have ended,
/// which may be so already.
pub(crate) async fn keep(
    stores: &Stores,
    images: &[ImageKey],
    models: &[ModelName],
    url: &Url,
) -> Result<(), StoreError> {
    let models: BTreeSet<&ModelName> = models.iter().collect();
    let models: Vec<ModelName> = models.into_iter().cloned().collect();
    let callback = |image: &ImageKey| Callback {
        id: Uuid::new_v4(),
        image: *image,
        models: models.clone(),
        url: url.to_string(),
    };
    let callbacks: Vec<Callback> = images.iter().map(callback).collect();
    stores.jobs.keep_callbacks(&callbacks).await.map_err(|error| match error {
        // The jobs are queued by now, and will be done: whether the callback is made is not known.
        StoreError::Full(cause) => StoreError::Unavailable(cause),
        error => error,
    })
}

#[cfg(test)]
mod tests {
    use photo_config::Config;
    use serde_json::json;

    use super::*;

    fn config() -> CallbacksConfig {
        let callbacks = json!({"callbacks": {
            "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "allow": ["example.org", "10.0.0.7:8080"],
        }});
        Config::load(&json!({}), None, &callbacks).unwrap().callbacks
    }

    fn refusal(config: &CallbacksConfig, text: &str) -> String {
        check(config, text).unwrap_err().to_string()
    }

    #[test]
    fn listed_hosts_may_be_called_and_no_others() {
        let config = config();
        for (text, url) in [
            ("https://Example.ORG/a?b=c#d", "https://example.org/a?b=c"),
            ("http://10.0.0.7:8080", "http://10.0.0.7:8080/"),
        ] {
            assert_eq!(check(&config, text).unwrap().as_str(), url);
        }
        for (text, why) in [
            ("https://example.net/", "\"example.net\" is not among"),
            ("http://example.org:8080/", "\"example.org:8080\" is not among"),
            ("http://127.0.0.1/", "\"127.0.0.1\" is not among"),
            ("http://user@example.org/", "must not have a user"),
            ("http://:secret@example.org/", "must not have a user"),
            ("ftp://example.org/", "must begin with http"),
            ("example.org", "is no address"),
            ("", "is no address"),
        ] {
            let refusal = refusal(&config, text);
            assert!(refusal.contains(why), "{text}: {refusal}");
        }
        let long = format!("http://example.org/{}", "a".repeat(MAX_URL_BYTES));
        assert!(refusal(&config, &long).contains("more than 2000 bytes"));
    }

    #[test]
    fn nobody_is_called_unless_the_operator_says_so() {
        let nobody = CallbacksConfig { allow: Vec::new(), ..config() };
        let unsigned = CallbacksConfig { secret: None, ..config() };
        for config in [nobody, unsigned, CallbacksConfig::default()] {
            assert!(refusal(&config, "http://example.org/").contains("calls nobody back"));
        }
    }
}
