//! Records beside photos: what is asked of an image is written down with it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use bytes::Bytes;
use photo_core::job::{JobOutcome, Priority};
use photo_core::ports::{Committed, ImageLimits, ImageStore, ImageStoreError};
use photo_core::record::{Acceptance, ImageRecord, JobEnd, RecordLine, Withdrawal};
use photo_core::{ImageKey, ModelName, UnixMillis};
use photo_store::images::LocalImages;
use photo_tests::photos::bmp;
use serde_json::value::RawValue;
use uuid::Uuid;

const LIMITS: ImageLimits = ImageLimits { max_bytes: 1 << 20, max_pixels: 1 << 20 };

fn names(models: &[&str]) -> Vec<ModelName> {
    models.iter().map(|model| model.parse().unwrap()).collect()
}

fn asked(at: u64, models: &[&str]) -> Acceptance {
    let (at, models) = (UnixMillis(at), names(models));
    let request = Uuid::new_v4();
    Acceptance { request, at, priority: Priority::Low, rerun: false, models }
}

async fn post(
    store: &LocalImages,
    photos: &[u64],
    asked: &Acceptance,
) -> Result<Vec<Committed>, ImageStoreError> {
    let mut upload = store.begin(LIMITS).await?;
    for photo in photos {
        upload.write(Bytes::from(bmp(*photo))).await?;
        upload.end_image().await?;
    }
    upload.commit(asked).await
}

fn end(model: &str, outcome: JobOutcome) -> RecordLine {
    RecordLine::from(JobEnd {
        model: model.parse().unwrap(),
        attempts: 1,
        failures: 0,
        started_at: None,
        ended_at: UnixMillis(9_000),
        outcome,
        request: None,
    })
}

fn success() -> JobOutcome {
    JobOutcome::Succeeded(RawValue::from_string("[1]".to_owned()).unwrap())
}

async fn record(store: &LocalImages, image: ImageKey) -> ImageRecord {
    store.record(image).await.unwrap().unwrap()
}

fn models(record: &ImageRecord) -> Vec<&str> {
    record.jobs.keys().map(ModelName::as_str).collect()
}

fn file(folder: &Path, image: ImageKey, extension: &str) -> std::path::PathBuf {
    let md5 = image.to_string();
    folder.join(&md5[..2]).join(format!("{md5}.{extension}"))
}

#[tokio::test]
async fn what_is_asked_is_in_the_record_and_what_is_new_is_added() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalImages::open(folder.path()).unwrap();
    let first = post(&store, &[1], &asked(1_000, &["wood"])).await.unwrap();
    let image = first[0].image;
    assert_eq!(first, [Committed { image, added: names(&["wood"]), ended: vec![], mended: false }]);
    let known = record(&store, image).await;
    assert_eq!(known.info, store.stat(image).await.unwrap());
    assert_eq!(known.jobs["wood"].accepted_at, UnixMillis(1_000));
    assert_eq!(known.jobs["wood"].priority, Priority::Low);

    let again = post(&store, &[1], &asked(200_000, &["wood"])).await.unwrap();
    assert_eq!(again, [Committed { image, added: vec![], ended: vec![], mended: false }]);
    store.append(vec![(image, end("wood", success()))]).await.unwrap();
    let more = post(&store, &[1], &asked(300_000, &["stone", "wood"])).await.unwrap();
    let added = names(&["stone"]);
    assert_eq!(more, [Committed { image, added, ended: names(&["wood"]), mended: false }]);
    let known = record(&store, image).await;
    assert_eq!(models(&known), ["stone", "wood"]);
    assert_eq!(known.jobs["wood"].accepted_at, UnixMillis(1_000), "the first time counts");
    assert!(known.jobs["wood"].end.is_some());

    let rerun = Acceptance { rerun: true, ..asked(400_000, &["wood"]) };
    let rerun = post(&store, &[1], &rerun).await.unwrap();
    assert_eq!(rerun, [Committed { image, added: names(&["wood"]), ended: vec![], mended: false }]);
    assert!(record(&store, image).await.jobs["wood"].end.is_none());
}

#[tokio::test]
async fn a_withdrawn_job_is_not_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalImages::open(folder.path()).unwrap();
    let asked_first = asked(1_000, &["wood"]);
    let image = post(&store, &[1], &asked_first).await.unwrap()[0].image;
    let withdrawal = Withdrawal { request: asked_first.request, models: names(&["wood"]) };
    store.append(vec![(image, withdrawal.into())]).await.unwrap();
    assert!(record(&store, image).await.jobs.is_empty());
    let again = post(&store, &[1], &asked(2_000, &["wood"])).await.unwrap();
    assert_eq!(again, [Committed { image, added: names(&["wood"]), ended: vec![], mended: false }]);
    assert_eq!(models(&record(&store, image).await), ["wood"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_at_once_lose_nothing_of_what_they_ask() {
    let folder = tempfile::tempdir().unwrap();
    let stores: Vec<_> = (0..2).map(|_| LocalImages::open(folder.path()).unwrap()).collect();
    let all: Vec<String> = (0..40).map(|n| format!("model-{n:02}")).collect();
    let requests = all.iter().enumerate().map(|(n, model)| {
        let asked = asked(n as u64, &[model]);
        let store = &stores[n % 2];
        async move { post(store, &[1], &asked).await.unwrap() }
    });
    let committed = futures_util::future::join_all(requests).await;
    let image = committed[0][0].image;
    assert_eq!(models(&record(&stores[0], image).await), all);
}

/// The photo of a refused request that could be stored is not asked for: the folder of the other
/// one cannot be written to.
#[tokio::test]
async fn nothing_of_a_refused_request_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalImages::open(folder.path()).unwrap();
    let image = |number| async move {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalImages::open(folder.path()).unwrap();
        post(&store, &[number], &asked(1, &["wood"])).await.unwrap()[0].image
    };
    let (good, bad) = (image(1).await, image(2).await);
    // Where the photo should be lies a folder, and a file cannot take its place.
    fs::create_dir_all(file(folder.path(), bad, "bmp").join("in the way")).unwrap();
    let refused = post(&store, &[1, 2], &asked(1_000, &["wood"])).await;
    assert!(matches!(refused, Err(ImageStoreError::Unavailable(_))), "{refused:?}");
    assert!(store.record(good).await.unwrap().is_none_or(|record| record.jobs.is_empty()));
}

#[tokio::test]
async fn records_can_be_read_by_others_and_lines_for_unknown_images_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalImages::open(folder.path()).unwrap();
    let image = post(&store, &[1], &asked(1, &["wood"])).await.unwrap()[0].image;
    let mode = fs::metadata(file(folder.path(), image, "jsonl")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
    let unknown = ImageKey::from_bytes([9; 16]);
    store.append(vec![(unknown, end("wood", success()))]).await.unwrap();
    store.sync_records(&[]).await.unwrap();
    store.sync_records(&[unknown, image, image]).await.unwrap();
    assert!(store.record(unknown).await.unwrap().is_none());
}

#[tokio::test]
async fn an_image_that_changed_since_it_was_looked_at_is_not_removed() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalImages::open(folder.path()).unwrap();
    let image = post(&store, &[1], &asked(1, &["wood"])).await.unwrap()[0].image;
    let found = store.inspect(&[image]).await.unwrap().remove(0);
    let hour_ago = std::time::SystemTime::now() - std::time::Duration::from_hours(1);
    let record = fs::File::open(file(folder.path(), image, "jsonl")).unwrap();
    record.set_modified(hour_ago).unwrap();
    fs::File::open(file(folder.path(), image, "bmp")).unwrap().set_modified(hour_ago).unwrap();
    assert!(!store.remove(&found, true).await.unwrap());
    let found = store.inspect(&[image]).await.unwrap().remove(0);
    post(&store, &[1], &asked(2, &["stone"])).await.unwrap();
    assert!(!store.remove(&found, true).await.unwrap(), "more was asked of it");
    assert!(store.stat(image).await.unwrap().is_some());
    let found = store.inspect(&[image]).await.unwrap().remove(0);
    assert!(store.remove(&found, true).await.unwrap());
    assert!(store.record(image).await.unwrap().is_none());
}

#[tokio::test]
async fn shelves_list_every_image_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalImages::open(folder.path()).unwrap();
    let photos: Vec<u64> = (0..50).collect();
    let committed = post(&store, &photos, &asked(1, &["wood"])).await.unwrap();
    let mut expected: Vec<ImageKey> = committed.into_iter().map(|it| it.image).collect();
    expected.sort_unstable();
    fs::write(folder.path().join(&expected[0].to_string()[..2]).join("notes.txt"), b"?").unwrap();
    let mut listed = Vec::new();
    for shelf in 0..=u8::MAX {
        listed.extend(store.list(shelf).await.unwrap());
    }
    assert_eq!(listed, expected);
    let found = store.inspect(&listed).await.unwrap();
    assert!(found.iter().all(|it| it.photo && it.record.is_some()));
}

#[tokio::test]
async fn one_process_at_a_time_takes_care_and_leaves_notes() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) =
        (LocalImages::open(folder.path()).unwrap(), LocalImages::open(folder.path()).unwrap());
    assert!(one.take_care().await.unwrap() && one.take_care().await.unwrap());
    assert!(!other.take_care().await.unwrap());
    assert!(one.notes().await.unwrap().is_none());
    one.note(b"all is well".to_vec()).await.unwrap();
    drop(one);
    assert!(other.take_care().await.unwrap());
    assert_eq!(other.notes().await.unwrap().unwrap(), b"all is well");
}
