//! Stored photos in place of their bytes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use photo_core::job::Priority;
use photo_core::ports::{Committed, ImageLimits, ImageStore, ImageStoreError};
use photo_core::record::Acceptance;
use photo_core::{ImageKey, ModelName, UnixMillis};
use photo_store::images::LocalImages;
use photo_tests::photos::bmp;
use uuid::Uuid;

const LIMITS: ImageLimits = ImageLimits { max_bytes: 1 << 20, max_pixels: 1 << 20 };

fn asked(model: &str) -> Acceptance {
    let models = vec![model.parse().unwrap()];
    let (request, at) = (Uuid::new_v4(), UnixMillis(1_000));
    Acceptance { request, at, priority: Priority::Normal, rerun: false, models }
}

async fn post(
    store: &LocalImages,
    photos: &[u64],
    included: &[ImageKey],
    model: &str,
) -> Result<Vec<Committed>, ImageStoreError> {
    let mut upload = store.begin(LIMITS).await?;
    for image in included {
        upload.include(*image);
    }
    for photo in photos {
        upload.write(Bytes::from(bmp(*photo))).await?;
        upload.end_image().await?;
    }
    upload.commit(&asked(model)).await
}

/// Stores photos; answers their hashes.
async fn stored(store: &LocalImages, photos: &[u64]) -> Vec<ImageKey> {
    let committed = post(store, photos, &[], "wood").await.unwrap();
    committed.into_iter().map(|it| it.image).collect()
}

async fn models(store: &LocalImages, image: ImageKey) -> Vec<String> {
    let record = store.record(image).await.unwrap().unwrap_or_default();
    record.jobs.keys().map(ModelName::to_string).collect()
}

/// Has an image be of another time than whatever is done to it now.
fn make_old(folder: &Path, image: ImageKey) {
    let md5 = image.to_string();
    for extension in ["bmp", "jsonl"] {
        let file = File::open(folder.join(&md5[..2]).join(format!("{md5}.{extension}"))).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_hours(1)).unwrap();
    }
}

#[tokio::test]
async fn the_same_is_asked_of_stored_photos_as_of_received_ones() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalImages::open(folder.path()).unwrap();
    let images = stored(&store, &[1, 2]).await;
    let mut committed =
        post(&store, &[2, 3], &[images[0], images[1], images[0]], "stone").await.unwrap();
    committed.sort_by_key(|it| it.image);
    let mut all = [images.clone(), stored(&store, &[3]).await].concat();
    all.sort_unstable();
    assert_eq!(committed.iter().map(|it| it.image).collect::<Vec<_>>(), all);
    for it in &committed {
        assert_eq!(it.added, ["stone".parse().unwrap()]);
        assert!(models(&store, it.image).await.contains(&"stone".to_owned()));
        assert!(store.stat(it.image).await.unwrap().is_some());
    }
    let alone = post(&store, &[], &images[..1], "metal").await.unwrap();
    assert_eq!(alone.len(), 1);
    assert_eq!(models(&store, images[0]).await, ["metal", "stone", "wood"]);
}

#[tokio::test]
async fn of_a_request_with_photos_that_are_not_stored_nothing_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalImages::open(folder.path()).unwrap();
    let known = stored(&store, &[1]).await[0];
    let removed = stored(&store, &[2]).await[0];
    let found = store.inspect(&[removed]).await.unwrap().remove(0);
    // Its record stays: the results are still told.
    assert!(store.remove(&found, false).await.unwrap());
    let absent = ImageKey::from_bytes([9; 16]);
    let refused = post(&store, &[3], &[absent, known, removed, absent], "stone").await;
    let Err(ImageStoreError::Missing(missing)) = refused else { panic!("{refused:?}") };
    assert_eq!(missing, [absent, removed]);
    assert_eq!(models(&store, known).await, ["wood"]);
    assert_eq!(models(&store, removed).await, ["wood"]);
    let all: Vec<u8> = (0..=u8::MAX).collect();
    let mut left = 0;
    for shelf in all {
        left += store.list(shelf).await.unwrap().len();
    }
    assert_eq!(left, 2, "the received photo was not kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_photo_is_removed_by_its_age_or_asked_for_and_never_both() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalImages::open(folder.path()).unwrap();
    for photo in 0..200 {
        let image = stored(&store, &[photo]).await[0];
        make_old(folder.path(), image);
        let found = store.inspect(&[image]).await.unwrap().remove(0);
        let included = [image];
        let (removed, committed) =
            tokio::join!(store.remove(&found, true), post(&store, &[], &included, "stone"));
        let removed = removed.unwrap();
        match committed {
            Ok(_) => assert!(!removed, "{photo}"),
            Err(ImageStoreError::Missing(missing)) => {
                assert_eq!((removed, missing), (true, vec![image]));
            }
            Err(error) => panic!("{error}"),
        }
        assert_eq!(store.stat(image).await.unwrap().is_some(), !removed);
        assert_eq!(models(&store, image).await.is_empty(), removed);
    }
}
