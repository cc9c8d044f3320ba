//! The routes: `/status`, `/openapi.json` and, in one of three forms, `/predict`.

use std::sync::Arc;

use actix_multipart::Multipart;
use actix_web::web::{self, Data, Json, Payload, Query, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tracing::error;

use super::{openapi, upload};
use crate::image_folder::ImageFolder;
use crate::refusal::Refusal;
use crate::service::Service;
use crate::{Measured, Measurement, Photo};

/// Adds every route of a service.
pub(crate) fn configure(routes: &mut ServiceConfig, service: &Service) {
    let predict = match (service.options.measurement, &service.folder) {
        (Measurement::Noop, _) => web::post().to(not_looking),
        (_, None) => web::post().to(by_upload),
        (_, Some(folder)) => {
            routes.app_data(Data::new(folder.clone()));
            web::post().to(by_name)
        }
    };
    routes
        .route("/status", web::get().to(status))
        .route("/openapi.json", web::get().to(openapi::show))
        .route("/predict", predict);
}

/// A measurement, in the template's form.
#[derive(Serialize)]
struct Answer {
    status: &'static str,
    result: Classified,
}

#[derive(Serialize)]
struct Classified {
    classes: &'static [&'static str],
    result: Measured,
}

#[derive(Deserialize)]
struct ByName {
    /// The photo's path below the shared folder. Without it, the template looks for a photo
    /// without a name, and so do we.
    #[serde(default)]
    filename: String,
}

async fn status(service: Data<Service>) -> Result<Json<Value>, Refusal> {
    service.ready()?;
    Ok(Json(json!({"status": "success", "detail": "Model ready to receive prediction requests."})))
}

async fn by_upload(service: Data<Service>, form: Multipart) -> Result<Json<Answer>, Refusal> {
    let place = place(&service).await?;
    let max_bytes = service.options.max_bytes;
    let file = upload::read(form, max_bytes).await?;
    pretend(&service).await?;
    measure(&service, place, move || Ok(file)).await
}

async fn by_name(
    service: Data<Service>,
    folder: Data<ImageFolder>,
    query: Query<ByName>,
) -> Result<Json<Answer>, Refusal> {
    let place = place(&service).await?;
    pretend(&service).await?;
    let max_bytes = service.options.max_bytes;
    measure(&service, place, move || folder.read(&query.filename, max_bytes)).await
}

async fn not_looking(service: Data<Service>, body: Payload) -> Result<Json<Answer>, Refusal> {
    let _place = place(&service).await?;
    upload::drain(body).await?;
    pretend(&service).await?;
    Ok(answer(Measurement::Noop, Measured::Noop {}))
}

/// Waits for a place. Taken before anything is read, so that memory is bounded by the number of
/// places and not by the number of requests.
async fn place(service: &Service) -> Result<OwnedSemaphorePermit, Refusal> {
    service.ready()?;
    // The semaphore is never closed.
    Arc::clone(&service.places).acquire_owned().await.map_err(|_| Refusal::Broken)
}

/// Is as slow and as unreliable as it was told to be.
async fn pretend(service: &Service) -> Result<(), Refusal> {
    if !service.options.delay.is_zero() {
        sleep(service.options.delay).await;
    }
    let broken = rand::random_bool(service.options.fail_rate.clamp(0.0, 1.0));
    if broken { Err(Refusal::Broken) } else { Ok(()) }
}

/// Loads and measures a photo on a thread of its own. The place goes along: should the client
/// hang up, it is free only once the photo is out of memory.
async fn measure<F: AsRef<[u8]>>(
    service: &Service,
    place: OwnedSemaphorePermit,
    load: impl FnOnce() -> Result<F, Refusal> + Send + 'static,
) -> Result<Json<Answer>, Refusal> {
    let (measurement, max_pixels) = (service.options.measurement, service.options.max_pixels);
    let measured = spawn_blocking(move || {
        let _place = place;
        let file = load()?;
        let photo = Photo::decode(file.as_ref(), max_pixels)?;
        drop(file);
        Ok::<_, Refusal>(measurement.measure(photo))
    });
    match measured.await {
        Ok(measured) => Ok(answer(measurement, measured?)),
        Err(panic) => {
            error!(%panic, model = measurement.name(), "broke down over a photo");
            Err(Refusal::Broken)
        }
    }
}

fn answer(measurement: Measurement, result: Measured) -> Json<Answer> {
    let result = Classified { classes: measurement.classes(), result };
    Json(Answer { status: "success", result })
}
