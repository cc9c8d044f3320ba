//! Photos in, and photos out again.

use photo_core::job::Priority;
use photo_core::ports::{ImageStoreError, PhotoRefusal};
use photo_core::{ImageKey, ModelName, PhotoFormat};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::Paths;
use super::content::Content;
use super::examples::{IMAGE, OTHER, finished};
use super::operation::{In, Operation, flag};
use super::problems::{self, both, image, unreadable};
use super::schemas::{array_of, reference};
use crate::app::admission::AdmissionError;
use crate::app::job_views::ImageView;
use crate::app::throughput::QueueWait;
use crate::app::thumbnails::ThumbnailError;
use crate::http::problem::Problem;
use crate::http::request_error::RequestError;
use crate::jobs::selection::SelectionError;
use crate::photos::check::{CheckRequest, CheckResponse};
use crate::photos::info::ImageInfoView;
use crate::photos::photo_error::PhotoError;
use crate::photos::refused_photos::{RefusedPhoto, RefusedPhotos};
use crate::photos::thumbnail::WIDTHS;
use crate::photos::upload::UploadError;
use crate::photos::upload::{Accepted, PredictByHash};

pub(super) fn describe(paths: &mut Paths) {
    paths.topic("Photos", "Sending photos, and getting them back.");
    paths.post("/predict", submit());
    paths.post("/predict/check", check());
    paths.get("/images/{image}", show());
    paths.get("/images/{image}/info", show_info());
}

fn submit() -> Operation {
    let example = json!({
        "images": [IMAGE],
        "jobs": [{"id": format!("{IMAGE}/average_color"), "image": IMAGE, "model": "average_color",
                  "state": "QUEUED", "new": true}],
    });
    Operation::new("submitPhotos", "Accepts photos: all of them with all their jobs, or none")
        .text(
            "Makes one job per photo and model. What is in the query may be in the form as well; the \
             models must be named in one of the two. Models named in the query, or before the first \
             photo, are checked before any photo is read. A job that is there already is not done \
             twice unless `rerun` says so.",
        )
        .takes(
            In::Query,
            "models",
            "The models to run. Several are given with commas, as a JSON array, or by repeating it; \
             empty names are passed over.",
            &array_of::<ModelName>(1, 1_000),
        )
        .takes(In::Query, "priority", PRIORITY, &reference::<Priority>())
        .takes(In::Query, "rerun", RERUN, &flag())
        .takes(In::Query, "callback", CALLBACK, &callback())
        .takes_body(
            Content::empty("The photos, or the hashes of photos that are stored.")
                .or("multipart/form-data", form())
                .or_json::<PredictByHash>(json!({"images": [IMAGE], "models": ["average_color"]}))
                .knows::<ImageKey>()
                .knows::<ModelName>()
                .knows::<Priority>(),
        )
        .with("callbacks", json!({"finished": {"{$request.query.callback}": {"post": called_back()}}}))
        .answers(
            202,
            Content::json::<Accepted>(
                "Everything is stored: one hash per photo in the order of the request, and the jobs.",
                example,
            ),
        )
        .linked(202, "status", "getStatus", "/images/0", "How far the first photo has come.")
        .linked(202, "photo", "getImage", "/images/0", "The first photo.")
        .fails(both(refusals(), both(problems::no_stores(), problems::no_room())))
}

const PRIORITY: &str = "The priority among the jobs of each model.";
const RERUN: &str =
    "Whether finished jobs are done again; in the query `?rerun` alone says that they are.";
const CALLBACK: &str = "Is posted the status of each image once it is finished, signed as Standard \
    Webhooks are, if the operator lists its host.";

fn callback() -> Value {
    json!({"type": "string", "format": "uri", "maxLength": 2_000})
}

/// The form, part by part.
fn form() -> Value {
    let described = |text: &str, mut schema: Value| {
        schema["description"] = json!(text);
        schema
    };
    let formats = PhotoFormat::ALL.map(PhotoFormat::media_type).join(", ");
    json!({
        "schema": {
            "type": "object",
            "properties": {
                "images": {
                    "type": "array", "maxItems": 1_000,
                    "items": {"type": "string", "format": "binary"},
                    "description": "A file part for each photo. A photo's format is decided by \
                                    its content; file name and declared type are ignored.",
                },
                "hashes": described(
                    "Photos that are stored, by their hashes: repeated, with commas, or as a JSON \
                     array; empty names are passed over.",
                    list_of::<ImageKey>("[0-9a-f]{32}"),
                ),
                "models": described(
                    "The models to run: repeated, with commas, or as a JSON array; empty names are \
                     passed over.",
                    list_of::<ModelName>("[A-Za-z0-9][A-Za-z0-9._-]{0,63}"),
                ),
                "priority": described(PRIORITY, reference::<Priority>()),
                "rerun": described(RERUN, json!({"enum": ["true", "false", "1", "0"], "default": "false"})),
                "callback": described(CALLBACK, callback()),
            },
            "anyOf": [
                {"required": ["images"], "properties": {"images": {"minItems": 1}}},
                {"required": ["hashes"],
                 "properties": {"hashes": {"minItems": 1, "pattern": "[0-9a-f]"}}},
            ],
        },
        "encoding": {"images": {"contentType": formats}},
    })
}

/// Text parts that list values of a type: one by one, or with commas.
fn list_of<T: ToSchema>(one: &str) -> Value {
    let together = format!("^({one})?(,({one})?)*$");
    json!({"anyOf": [array_of::<T>(0, 1_000), {"type": "string", "pattern": together}]})
}

fn called_back() -> Value {
    json!({
        "summary": "Called when an image is finished",
        "description": "Made at least once: recognise repetitions by `webhook-id`. A call that \
                        is not answered with 2xx is repeated, eight times over a day.",
        "parameters": [
            {"in": "header", "name": "webhook-id", "required": true, "schema": {"type": "string"}},
            {"in": "header", "name": "webhook-timestamp", "required": true,
             "schema": {"type": "integer"}},
            {"in": "header", "name": "webhook-signature", "required": true,
             "schema": {"type": "string"}},
        ],
        "requestBody": {"required": true, "content": {"application/json": {
            "schema": reference::<ImageView>(), "example": finished(),
        }}},
        "responses": {
            "2XX": {"description": "Heard."},
            "410": {"description": "Not to be made again."},
        },
    })
}

/// What is wrong with an upload.
fn refusals() -> Vec<Problem> {
    let photo = |refusal| {
        let refused = RefusedPhoto::new(1, Some("notes.txt"), refusal);
        UploadError::Photos(RefusedPhotos::new(refused)).into()
    };
    let model: Option<ModelName> = "average_color".parse().ok();
    let known: Vec<ModelName> = model.iter().cloned().collect();
    let mut refusals = vec![
        unreadable("`priority` is wrong: a priority is high, normal or low."),
        RequestError::MalformedImageId("nonsense".to_owned()).into(),
        UploadError::NoPhotos.into(),
        UploadError::NoModels.into(),
        SelectionError::UnknownModels { unknown: vec!["nope".to_owned()], known }.into(),
        ImageStoreError::Missing(vec![image()]).into(),
        RequestError::TooSlow.into(),
        RequestError::WrongMediaType {
            given: Some("text/plain".to_owned()),
            takes: &["multipart/form-data", "application/json"],
        }
        .into(),
        photo(PhotoRefusal::Collision(image())),
        AdmissionError::TooManyBytes { limit: 16 << 30 }.into(),
        SelectionError::TooManyPhotos { limit: 1_000 }.into(),
        UploadError::TooManyJobs { limit: 10_000 }.into(),
        photo(PhotoRefusal::TooManyBytes { limit: 100 << 20 }),
        photo(PhotoRefusal::TooManyPixels { pixels: 600_000_000, limit: 500_000_000 }),
        photo(PhotoRefusal::UnknownFormat),
        AdmissionError::TooManyUploads { limit: 256 }.into(),
        AdmissionError::SpoolFull { limit: 16 << 30 }.into(),
    ];
    refusals.extend(model.map(|model| {
        let wait = QueueWait::new(100, None);
        UploadError::QueueFull { model, limit: 100_000, wait }.into()
    }));
    refusals
}

fn check() -> Operation {
    Operation::new("checkPhotos", "Lists the photos and jobs that the server lacks")
        .text("Asked before an upload, so that nothing is sent twice. Nothing is changed.")
        .takes_body(Content::json::<CheckRequest>(
            "Photos and, if jobs matter, models.",
            json!({"images": [IMAGE, OTHER], "models": ["average_color"]}),
        ))
        .answers(
            200,
            Content::json::<CheckResponse>(
                "What would have to be sent.",
                json!({
                    "missing_images": [OTHER],
                    "missing_jobs": [{"image": OTHER, "model": "average_color"}],
                }),
            ),
        )
        .fails(both(
            problems::wrong_names(),
            vec![UploadError::TooManyJobs { limit: 100_000 }.into()],
        ))
        .fails(problems::no_stores())
}

fn show() -> Operation {
    let formats = PhotoFormat::ALL.map(PhotoFormat::media_type);
    let photo = Content::empty("The photo as it was posted, or its thumbnail.")
        .etag()
        .header("Cache-Control", "A photo never changes.", &json!({"type": "string"}))
        .header("Content-Disposition", "A name for the file.", &json!({"type": "string"}));
    let photo = formats.into_iter().fold(photo, |photo, format| photo.or(format, json!({})));
    let no_thumbnail = [
        ThumbnailError::Format(PhotoFormat::Heic),
        ThumbnailError::TooLarge { needed_mib: 900, limit_mib: 512 },
    ];
    let mut failures = vec![
        unreadable("`width` is wrong: it is 160, 320 or 640."),
        RequestError::MalformedImageId("nonsense".to_owned()).into(),
        PhotoError::Unknown(image()).into(),
        ImageStoreError::unavailable("no such folder").into(),
    ];
    failures.extend(no_thumbnail.map(Problem::from));
    failures.push(PhotoError::NoSuchRange { bytes: 48_211 }.into());
    Operation::new("getImage", "Gives a stored photo back")
        .takes_image()
        .takes(
            In::Query,
            "width",
            "Asks for a JPEG no wider and no higher than this.",
            &json!({"type": "integer", "enum": WIDTHS}),
        )
        .takes(
            In::Header,
            "Range",
            "One range of the photo's bytes, such as `bytes=1000-`; of a small version there are none. \
             Whatever else it says is answered with the whole.",
            &json!({"type": "string"}),
        )
        .takes(
            In::Header,
            "If-Range",
            "The `ETag` of what the client has a part of.",
            &json!({"type": "string"}),
        )
        .takes_etag()
        .answers(200, photo.clone())
        .answers(
            206,
            photo.header("Content-Range", "Which part it is.", &json!({"type": "string"})),
        )
        .answers(304, Content::empty("The client has it already.").etag())
        .fails(failures)
}

fn show_info() -> Operation {
    let example = json!({
        "image": IMAGE, "format": "jpeg", "media_type": "image/jpeg", "bytes": 20_623,
        "width": 384, "height": 256, "orientation": 6,
        "sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        "notes": ["The photo is cut short: its JPEG data ends before the picture does."],
    });
    Operation::new("getImageInfo", "Describes a stored photo")
        .takes_image()
        .answers(200, Content::json::<ImageInfoView>("What the photo is.", example))
        .fails(vec![
            RequestError::MalformedImageId("nonsense".to_owned()).into(),
            PhotoError::Unknown(image()).into(),
            ImageStoreError::unavailable("no such folder").into(),
        ])
}
