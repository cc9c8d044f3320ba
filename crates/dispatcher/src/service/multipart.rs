//! The generation that takes photos in the request, and services that may be of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use photo_core::ports::{ImageBytes, ImageStore, ImageStoreError};
use photo_core::{ImageInfo, JobError};

use super::failure::{missing, not_read};
use super::filename::named;
use super::{Failure, Generation, Question, ServiceClient};
use crate::http::{Request, RequestBody, Response};

/// The name that the services' template gives the file part.
const PART: &str = "image_file";

/// How far a photo was read that is being sent.
#[derive(Debug, Default)]
pub struct Sending {
    /// Why it could not be read to its end.
    broken: OnceLock<JobError>,
    /// Whether it was, and so found to be whole.
    whole: AtomicBool,
}

impl Sending {
    /// Whether all of the photo was read, and found to be whole.
    pub fn is_whole(&self) -> bool {
        self.whole.load(Ordering::Acquire)
    }
}

/// Sends the photo, piece by piece as it comes from the image store. A small one is known to be
/// whole before anybody is asked; of a larger one the last piece is not sent unless it is.
pub async fn send(
    services: &ServiceClient,
    question: &Question<'_>,
    images: &dyn ImageStore,
    sending: &Arc<Sending>,
) -> Result<Response, Failure> {
    // A photo that breaks off breaks the request too, and must not be blamed on the service.
    let is_broken = || sending.broken.get().map(|cause| Failure::from(cause.clone()));
    let sent = match services.send(request(question, images, sending).await?).await {
        Some(sent) => sent,
        None => match is_broken() {
            Some(failure) => return Err(failure),
            None => services.send_anew(request(question, images, sending).await?).await,
        },
    };
    // Whatever was answered, it is not about the photo.
    is_broken().map_or(sent, Err)
}

/// A request with the photo, which notes in `sending` how far it is read.
async fn request(
    question: &Question<'_>,
    images: &dyn ImageStore,
    sending: &Arc<Sending>,
) -> Result<Request, Failure> {
    let (info, mut photo) =
        images.open(question.image).await.map_err(|error| not_read(&error))?.ok_or_else(missing)?;
    let first = photo.next().await.transpose().map_err(|error| not_read(&error))?;
    let photo = stream::iter(first.map(Ok)).chain(photo).boxed();
    let mut url = format!("{}/predict", question.url);
    if question.generation == Generation::Either {
        url = format!("{url}?{}", named(&info.path()));
    }
    let photo = watched(photo, info.bytes, Arc::clone(sending));
    let boundary = format!("{:032x}", rand::random::<u128>());
    let content_type = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"))
        .expect("a boundary of hexadecimal digits is fit for a header");
    let request = Request::new(Method::POST, &url)?.with_headers([(CONTENT_TYPE, content_type)]);
    Ok(request.with_body(form(&info, photo, &boundary)))
}

/// A form whose one part is the photo.
fn form(info: &ImageInfo, photo: ImageBytes, boundary: &str) -> RequestBody {
    let (md5, format) = (info.md5, info.format);
    let head = Bytes::from(format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{PART}\"; \
         filename=\"{md5}.{}\"\r\nContent-Type: {}\r\n\r\n",
        format.extension(),
        format.media_type(),
    ));
    let tail = Bytes::from(format!("\r\n--{boundary}--\r\n"));
    let length = head.len() as u64 + info.bytes + tail.len() as u64;
    let piece = |bytes| stream::iter([Ok(bytes)]);
    RequestBody::new(piece(head).chain(photo).chain(piece(tail)).boxed(), length)
}

/// The same photo, with a note in `sending` of how far it was read.
fn watched(photo: ImageBytes, length: u64, sending: Arc<Sending>) -> ImageBytes {
    let reading = (photo, length, sending);
    stream::unfold(reading, |(mut photo, left, sending)| async move {
        let piece = match photo.next().await {
            Some(piece) => piece,
            None if left == 0 => return None,
            None => Err(ImageStoreError::unavailable("the photo is shorter than its record says")),
        };
        let left = match &piece {
            Ok(bytes) => {
                let left = left.saturating_sub(bytes.len() as u64);
                sending.whole.store(left == 0, Ordering::Release);
                left
            }
            Err(error) => {
                let _ = sending.broken.set(not_read(error));
                0
            }
        };
        Some((piece, (photo, left, sending)))
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::io::Read;
    use std::net::TcpListener;
    use std::time::Duration;

    use async_trait::async_trait;
    use photo_core::photo_format::Dimensions;
    use photo_core::ports::{Examination, Examined, ImageLimits, ImageUpload, Inspection};
    use photo_core::record::{ImageRecord, RecordLine};
    use photo_core::{ImageKey, JobErrorKind, PhotoFormat, PhotoHasher};

    use super::*;
    use crate::http::HttpSettings;

    /// A store whose photos break off.
    struct BrokenImages {
        /// What comes after the first piece.
        then: Option<&'static str>,
    }

    fn read_only<T>() -> Result<T, ImageStoreError> {
        Err(ImageStoreError::unavailable("nothing here but the beginning of a photo"))
    }

    #[async_trait]
    impl ImageStore for BrokenImages {
        async fn open(
            &self,
            md5: ImageKey,
        ) -> Result<Option<(ImageInfo, ImageBytes)>, ImageStoreError> {
            let info = ImageInfo {
                md5,
                sha256: PhotoHasher::default().finish().sha256,
                checksum: None,
                format: PhotoFormat::Jpeg,
                bytes: 1_000_000,
                dimensions: Dimensions { width: 1, height: 1 },
                orientation: None,
                notes: Vec::new(),
            };
            let error = self.then.map(|why| Err(ImageStoreError::unavailable(why)));
            let pieces = [Ok(Bytes::from_static(b"a piece"))].into_iter().chain(error);
            Ok(Some((info, stream::iter(pieces).boxed())))
        }

        async fn begin(&self, _: ImageLimits) -> Result<Box<dyn ImageUpload>, ImageStoreError> {
            read_only()
        }

        async fn stat(&self, _: ImageKey) -> Result<Option<ImageInfo>, ImageStoreError> {
            read_only()
        }

        async fn record(&self, _: ImageKey) -> Result<Option<ImageRecord>, ImageStoreError> {
            read_only()
        }

        async fn photo_notes(
            &self,
            _: &[ImageKey],
        ) -> Result<HashMap<ImageKey, Vec<String>>, ImageStoreError> {
            read_only()
        }

        async fn append(&self, _: Vec<(ImageKey, RecordLine)>) -> Result<(), ImageStoreError> {
            read_only()
        }

        async fn sync_records(&self, _: &[ImageKey]) -> Result<(), ImageStoreError> {
            read_only()
        }

        async fn list(&self, _: u8) -> Result<Vec<ImageKey>, ImageStoreError> {
            read_only()
        }

        async fn inspect(&self, _: &[ImageKey]) -> Result<Vec<Inspection>, ImageStoreError> {
            read_only()
        }

        async fn examine(&self, _: ImageKey, _: Examination) -> Result<Examined, ImageStoreError> {
            read_only()
        }

        async fn remove(&self, _: &Inspection, _: bool) -> Result<bool, ImageStoreError> {
            read_only()
        }

        async fn clean_up(&self) -> Result<u64, ImageStoreError> {
            read_only()
        }

        async fn take_care(&self) -> Result<bool, ImageStoreError> {
            read_only()
        }

        async fn notes(&self) -> Result<Option<Vec<u8>>, ImageStoreError> {
            read_only()
        }

        async fn note(&self, _: Vec<u8>) -> Result<(), ImageStoreError> {
            read_only()
        }

        async fn ping(&self) -> Result<(), ImageStoreError> {
            read_only()
        }
    }

    #[tokio::test]
    async fn a_photo_that_breaks_off_is_not_blamed_on_the_service() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let service = std::thread::spawn(move || {
            for _ in 0..2 {
                let (mut peer, _) = listener.accept().unwrap();
                let _ = peer.read_to_end(&mut Vec::new());
            }
        });
        let services = ServiceClient::new(HttpSettings::default());
        let question = Question {
            url: &url,
            generation: Generation::Multipart,
            image: ImageKey::from_bytes([7; 16]),
            timeout: Duration::from_mins(1),
            max_answer_bytes: 1_000,
        };
        for (then, words) in [(Some("the disk is on fire"), "on fire"), (None, "shorter than")] {
            let (images, sending) = (BrokenImages { then }, Arc::default());
            let failure = send(&services, &question, &images, &sending).await;
            let error = failure.expect_err("the request breaks").error;
            assert_eq!(error.kind, JobErrorKind::ImageUnavailable);
            assert!(error.message.contains(words), "{error}");
        }
        service.join().unwrap();
    }
}
