//! The generation that reads photos from a volume it shares with the server.

use photo_core::ports::ImageStore;
use reqwest::header::CONTENT_LENGTH;
use reqwest::{Client, Response};

use super::failure::{missing, unavailable};
use super::{Failure, Question};

/// Names the photo to the service.
pub async fn send(
    http: &Client,
    question: &Question<'_>,
    images: &dyn ImageStore,
) -> Result<Response, Failure> {
    let info = images
        .stat(question.image)
        .await
        .map_err(|error| unavailable(error.to_string()))?
        .ok_or_else(missing)?;
    let request = http
        .post(format!("{}/predict", question.url))
        .query(&[("filename", info.path())])
        .header(CONTENT_LENGTH, 0);
    Ok(request.send().await?)
}
