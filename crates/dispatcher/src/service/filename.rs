//! The generation that reads photos from a volume it shares with the server. What it reads nobody
//! checks, so the file is checked before it is named.

use hyper::Method;
use photo_core::ports::ImageStore;

use super::failure::{missing, not_read};
use super::{Failure, Question, ServiceClient};
use crate::http::Response;

/// Names the photo to the service.
pub async fn send(
    services: &ServiceClient,
    question: &Question<'_>,
    images: &dyn ImageStore,
) -> Result<Response, Failure> {
    let info = images
        .check(question.image)
        .await
        .map_err(|error| not_read(&error))?
        .ok_or_else(missing)?;
    let url = format!("{}/predict?{}", question.url, named(&info.path()));
    services.ask(Method::POST, &url).await
}

/// The query that names a photo.
pub fn named(path: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new()).append_pair("filename", path).finish()
}
