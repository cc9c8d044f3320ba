//! What clients are told about each failure.

use std::fmt;

use photo_core::ModelName;
use photo_core::ports::{ImageStoreError, StoreError};

use super::{ApiError, shorten};
use crate::app::thumbnails::NoThumbnail;

/// What was wrong and what to do, for the client.
impl fmt::Display for ApiError {
    #[expect(clippy::too_many_lines, reason = "a table: what is said about each failure")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownPath(path) => write!(
                f,
                "There is nothing at {path}. Photos are posted to /predict, results are read from \
                 /predict/<hash>, and /models lists the models."
            ),
            Self::WrongMethod { allowed } => write!(f, "This path answers to {allowed}."),
            Self::OtherSite { origin: Some(origin) } => write!(
                f,
                "A page of another site ({origin:?}) asked for this, and nothing was done. If its \
                 pages are to use this server, its operator lists that origin in \
                 api.allowed_origins of photo.toml."
            ),
            Self::OtherSite { origin: None } => f.write_str(
                "A page of another site asked for this, and nothing was done. If its pages are to \
                 use this server, its operator lists their origin, such as http://localhost:3000, \
                 in api.allowed_origins of photo.toml.",
            ),
            Self::UnknownHost { host } => write!(
                f,
                "This server is not called {host:?}, and nothing was done. Call it localhost, or \
                 by its IP address; if that name is to lead here, as that of a reverse proxy, its \
                 operator lists it in api.allowed_hosts of photo.toml."
            ),
            Self::WrongMediaType { given, takes } => {
                let takes = takes.join(" or ");
                match given {
                    Some(given) => write!(f, "The body is said to be {given:?}")?,
                    None => f.write_str("The request does not say what its body is")?,
                }
                write!(f, ", and this path takes {takes}: say so in the header Content-Type.")
            }
            Self::BadRequest(what) => f.write_str(what),
            Self::Compressed(coding) => write!(
                f,
                "The request's body is compressed (Content-Encoding: {coding}), and bodies are read \
                 as they are. Send it uncompressed, without `Content-Encoding`."
            ),
            Self::BadHash(text) => write!(
                f,
                "{:?} is not an image hash: that is 32 hexadecimal digits, the MD5 of the photo's \
                 bytes.",
                shorten(text)
            ),
            Self::UnknownImage(image) => write!(
                f,
                "No job for the image {image} is known: it was never posted, or its results are \
                 past their retention. Post the photo to /predict."
            ),
            Self::UnknownJobs { image, models } => {
                let models: Vec<&str> = models.iter().map(ModelName::as_str).collect();
                write!(
                    f,
                    "No job of {} for the image {image} is known; those of other models may be. Name \
                     the image and the models to /predict.",
                    shorten(&models.join(", "))
                )
            }
            Self::UnknownPhoto(image) => {
                write!(f, "No photo with the hash {image} is stored. Post it to /predict.")
            }
            Self::NoSuchRange { bytes } => write!(
                f,
                "The photo has {bytes} bytes, and the range that was asked for lies behind them."
            ),
            Self::UnknownPhotos(missing) => write!(
                f,
                "{} of the photos named by their hashes are not stored. Nothing of the request \
                 was done; send those photos themselves.",
                missing.len()
            ),
            Self::TooSlow => f.write_str(
                "The request arrived too slowly, or stopped in the middle, and was given up. \
                 Nothing of it was kept; send it again, with fewer photos if it was a slow \
                 connection.",
            ),
            Self::TooManyUploads { limit } => write!(
                f,
                "The server is receiving {limit} uploads, as many as it takes at the same time. \
                 Nothing of the request was read; send it again in a moment."
            ),
            Self::SpoolFull { limit } => write!(
                f,
                "The photos that the server is receiving now have {limit} bytes, as many as it \
                 takes at the same time, or would have with this request. Nothing of it was kept; \
                 send it again in a moment."
            ),
            Self::TooManyStreams { limit } => write!(
                f,
                "{limit} clients are waiting for this server to tell them something, as many as \
                 it takes. Ask again in a moment, or ask for the state without waiting."
            ),
            Self::TooManyWatched { limit } => write!(
                f,
                "{limit} images are waited for, as many as this server takes. Ask again in a \
                 moment, for fewer images, or without waiting."
            ),
            Self::TooManyBytes { limit } => write!(
                f,
                "A request may have {limit} bytes at most. Send the photos in several requests."
            ),
            Self::TooManyResults { limit } => write!(
                f,
                "The results of these images are more than {limit} bytes. Ask for fewer images \
                 at once."
            ),
            Self::NoPhotos => f.write_str(
                "The request has no photo. Send each photo as a file part named `images`: \
                 curl -F images=@photo.jpg -F models=NAME. Of photos that are stored the hashes \
                 will do, as `hashes`.",
            ),
            Self::NoModels => f.write_str(
                "No model is named. Send the names as `models`, in the form or in the query; \
                 /models lists them.",
            ),
            Self::UnknownModels { unknown, .. } => write!(
                f,
                "Unknown models: {}. Nothing of the request was done; /models lists the known \
                 ones.",
                unknown.join(", ")
            ),
            Self::TooManyPhotos { limit } => write!(
                f,
                "A request may have {limit} photos at most. Send the rest in another one."
            ),
            Self::TooManyJobs { limit } => write!(
                f,
                "A request may make {limit} jobs (photos times models) at most. Send the rest in \
                 another one."
            ),
            Self::Photos(refused) => refused.fmt(f),
            Self::TooManyForQueue { model, limit } => write!(
                f,
                "The queue of the model {model} takes {limit} jobs at most, fewer than the \
                 request has photos. Send fewer at once."
            ),
            Self::QueueFull { model, limit, wait } => write!(
                f,
                "The queue of the model {model}, which takes {limit} unfinished jobs, has no room \
                 for this request now: {wait}. Send it again in {} s.",
                wait.seconds()
            ),
            Self::TooManyServices { of, limit } => write!(
                f,
                "{limit} {of} have announced themselves, and no more are taken. Name the model in \
                 the configuration instead."
            ),
            Self::NoThumbnail(why) => {
                match why {
                    NoThumbnail::Format(format) => {
                        write!(f, "{format} photos cannot be previewed here.")
                    }
                    NoThumbnail::Kind { format, kind } => {
                        write!(f, "This kind of {format} is unsupported: {kind}.")
                    }
                    NoThumbnail::Unreadable => f.write_str("The photo's pixels cannot be read."),
                    NoThumbnail::TooLarge { needed_mib, limit_mib } => write!(
                        f,
                        "Making the photo small would take up to {needed_mib} MiB of memory, and \
                         thumbnails may take {limit_mib} MiB here."
                    ),
                }?;
                f.write_str(" Ask for the photo itself, without `width`.")
            }
            Self::UnknownModel { name } => {
                write!(f, "No model is called {name:?}; /models lists those that are known.")
            }
            Self::ModelConfigured { model } => write!(
                f,
                "The model {model} is configured. Take it out of the configuration of all programs \
                 first, and restart them."
            ),
            Self::ModelBusy { model, jobs, with_its_jobs: false } => write!(
                f,
                "The model {model} has {jobs} jobs that are not finished. Wait for them, or have them \
                 cancelled with it: ?cancel=true."
            ),
            Self::ModelBusy { model, jobs, with_its_jobs: true } => write!(
                f,
                "Jobs of the model {model} were cancelled, and {jobs} are left: those that run end with \
                 their attempt, and one request cancels only so many. Send it again in a moment."
            ),
            Self::FsckRuns => f.write_str(
                "This server is comparing photos, records and job store already. Ask again when \
                 that is done.",
            ),
            Self::NotWrittenDown(_) => f.write_str(
                "The jobs are cancelled, but the image store cannot take that down now: a job \
                 store that is lost and filled again would have them done. Send the request again.",
            ),
            Self::Store(StoreError::Full(_)) => f.write_str(
                "There is no room left for jobs. Send the request again when the operator has \
                 made room; a photo posted twice is not worked on twice.",
            ),
            Self::Store(StoreError::Corrupt(_)) => f.write_str(
                "The job store holds something that this server cannot read. The operator must \
                 look at it; the server's log says what it is.",
            ),
            Self::Store(_) => f.write_str(
                "The job store cannot be reached now. Send the request again; a photo posted \
                 twice is not worked on twice.",
            ),
            Self::Images(ImageStoreError::Full(_)) => f.write_str(
                "There is no room left for photos. Nothing of the request was kept; the operator \
                 must make room.",
            ),
            Self::Images(ImageStoreError::Damaged(image)) => write!(
                f,
                "What is stored of the image {image} is damaged: the bytes are not those that were \
                 posted, or its record cannot be read. Post the photo to /predict again; that mends \
                 it."
            ),
            Self::Images(_) => f.write_str(
                "The image store cannot be reached now. Send the request again; a photo posted \
                 twice is not worked on twice.",
            ),
        }
    }
}
