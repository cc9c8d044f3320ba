//! Photos in a folder: what is kept, what is refused, and what is left behind.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::TryStreamExt;
use photo_core::job::Priority;
use photo_core::ports::{ImageLimits, ImageStore, ImageStoreError, ImageUpload, PhotoRefusal};
use photo_core::record::{Acceptance, RecordLine};
use photo_core::{ImageInfo, PhotoHasher, UnixMillis};
use photo_store::images::LocalImages;
use photo_tests::photos::{bmp, bmp_of};
use uuid::Uuid;

const LIMITS: ImageLimits = ImageLimits { max_bytes: 10_000_000, max_pixels: 10_000_000 };

/// What is asked of every photo here unless the test says otherwise.
fn asked() -> Acceptance {
    let models = vec!["wood".parse().unwrap()];
    let (request, at) = (Uuid::new_v4(), UnixMillis(1_000));
    Acceptance { request, at, priority: Priority::Normal, rerun: false, models }
}

async fn receive(
    upload: &mut Box<dyn ImageUpload>,
    photo: &[u8],
) -> Result<ImageInfo, ImageStoreError> {
    for piece in photo.chunks(60_000) {
        upload.write(Bytes::copy_from_slice(piece)).await?;
    }
    upload.end_image().await
}

async fn keep(store: &LocalImages, photo: &[u8]) -> Result<ImageInfo, ImageStoreError> {
    let mut upload = store.begin(LIMITS).await?;
    let record = receive(&mut upload, photo).await?;
    upload.commit(&asked()).await.map(|_| record)
}

async fn refusal(photo: &[u8], limits: ImageLimits) -> PhotoRefusal {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalImages::open(folder.path()).unwrap();
    let mut upload = store.begin(limits).await.unwrap();
    let refused = receive(&mut upload, photo).await;
    drop(upload);
    assert_eq!(files(folder.path()), Vec::<String>::new(), "nothing is left of a refused photo");
    match refused {
        Err(ImageStoreError::Refused(refusal)) => refusal,
        other => panic!("expected a refusal, not {other:?}"),
    }
}

/// All files below a folder, by name, but for the locks of those who receive photos and its
/// version.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.file_name().is_some_and(|name| name != "lock" && name != ".layout") {
            found.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_kept_photo_is_found_under_its_md5_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalImages::open(folder.path()).unwrap();
    // Several blocks, and a last one that is not full.
    let photo = bmp_of(640, 481, 7);
    let record = keep(&store, &photo).await.unwrap();

    let mut hasher = PhotoHasher::default();
    hasher.update(&photo);
    let digests = hasher.finish();
    assert_eq!((record.md5, record.sha256), (digests.key, digests.sha256));
    assert_eq!((record.dimensions.width, record.dimensions.height), (640, 481));
    assert_eq!(record.bytes, photo.len() as u64);

    let (found, bytes) = store.open(record.md5).await.unwrap().unwrap();
    assert_eq!(found, record);
    let bytes: Vec<Bytes> = bytes.try_collect().await.unwrap();
    assert!(bytes.concat() == photo);
    assert_eq!(fs::read(folder.path().join(record.path())).unwrap(), photo);
    assert_eq!(store.stat(record.md5).await.unwrap(), Some(record.clone()));

    let found = store.inspect(&[record.md5]).await.unwrap().remove(0);
    assert!(store.remove(&found, true).await.unwrap());
    assert!(store.open(record.md5).await.unwrap().is_none());
    assert_eq!(files(folder.path()), Vec::<String>::new());
}

#[tokio::test]
async fn nobody_sees_a_photo_before_its_request_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalImages::open(folder.path()).unwrap();
    let mut upload = store.begin(LIMITS).await.unwrap();
    let first = receive(&mut upload, &bmp(1)).await.unwrap();
    let second = receive(&mut upload, &bmp(2)).await.unwrap();
    assert_eq!(store.stat(first.md5).await.unwrap(), None);
    upload.commit(&asked()).await.unwrap();
    assert_eq!(store.stat(first.md5).await.unwrap(), Some(first));
    assert_eq!(store.stat(second.md5).await.unwrap(), Some(second));
    assert_eq!(files(&folder.path().join(".spool")), Vec::<String>::new());
}

#[tokio::test]
async fn a_photo_kept_twice_is_one_photo() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalImages::open(folder.path()).unwrap();
    let mut upload = store.begin(LIMITS).await.unwrap();
    let once = receive(&mut upload, &bmp(1)).await.unwrap();
    let twice = receive(&mut upload, &bmp(1)).await.unwrap();
    assert_eq!(once, twice);
    upload.commit(&asked()).await.unwrap();
    keep(&store, &bmp(1)).await.unwrap();
    assert_eq!(files(folder.path()).len(), 2, "the photo and its record");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_may_bring_the_same_photo_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let stores: Vec<_> = (0..2).map(|_| LocalImages::open(folder.path()).unwrap()).collect();
    let photo = bmp(3);
    let kept =
        futures_util::future::join_all((0..40).map(|n| keep(&stores[n % stores.len()], &photo)));
    for record in kept.await {
        assert!(stores[0].stat(record.unwrap().md5).await.unwrap().is_some());
    }
    assert_eq!(files(folder.path()).len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn who_finds_the_photo_of_another_request_half_stored_takes_nothing_for_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalImages::open(folder.path()).unwrap();
    for number in 0..5 {
        let photo = bmp(number);
        // As if the first request had died between its record and its photo.
        let info = keep(&store, &photo).await.unwrap();
        fs::remove_file(folder.path().join(info.path())).unwrap();
        let mut uploads = Vec::new();
        for _ in 0..8 {
            let mut upload = store.begin(LIMITS).await.unwrap();
            receive(&mut upload, &photo).await.unwrap();
            uploads.push(upload);
        }
        let committed = uploads
            .into_iter()
            .map(|upload| tokio::spawn(async move { upload.commit(&asked()).await.map(|_| ()) }));
        for committed in futures_util::future::join_all(committed).await {
            committed.unwrap().unwrap();
        }
    }
    let damaged: Vec<_> =
        files(folder.path()).into_iter().filter(|name| name.ends_with(".damaged")).collect();
    assert_eq!(damaged, Vec::<String>::new());
}

#[tokio::test]
async fn a_thousand_photos_in_one_request_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalImages::open(folder.path()).unwrap();
    let mut upload = store.begin(LIMITS).await.unwrap();
    for seed in 0..1000 {
        receive(&mut upload, &bmp(seed)).await.unwrap();
    }
    upload.commit(&asked()).await.unwrap();
    assert_eq!(files(folder.path()).len(), 2000);
}

#[tokio::test]
async fn what_is_no_photo_is_refused_and_leaves_nothing() {
    assert_eq!(refusal(b"", LIMITS).await, PhotoRefusal::Empty);
    assert_eq!(refusal(b"hello", LIMITS).await, PhotoRefusal::UnknownFormat);
    assert_eq!(refusal(&vec![b'x'; 1_000_000], LIMITS).await, PhotoRefusal::UnknownFormat);
    assert!(matches!(
        refusal(b"\xFF\xD8\xFF\xE0 and then nothing sensible", LIMITS).await,
        PhotoRefusal::UnreadableHeader(_)
    ));
    // Two million segments without end: a header that no photo has.
    let endless = [&b"\xFF\xD8"[..], &b"\xFF\xE1\x00\x02".repeat(2_000_000)].concat();
    assert!(matches!(refusal(&endless, LIMITS).await, PhotoRefusal::UnreadableHeader(_)));
    let few_bytes = ImageLimits { max_bytes: 1000, ..LIMITS };
    assert_eq!(
        refusal(&bmp_of(64, 64, 1), few_bytes).await,
        PhotoRefusal::TooManyBytes { limit: 1000 }
    );
    let few_pixels = ImageLimits { max_pixels: 4095, ..LIMITS };
    assert_eq!(
        refusal(&bmp_of(64, 64, 1), few_pixels).await,
        PhotoRefusal::TooManyPixels { pixels: 4096, limit: 4095 }
    );
    let just_enough = ImageLimits { max_pixels: 4096, max_bytes: 54 + 64 * 64 * 3 };
    let folder = tempfile::tempdir().unwrap();
    let store = LocalImages::open(folder.path()).unwrap();
    let mut upload = store.begin(just_enough).await.unwrap();
    receive(&mut upload, &bmp_of(64, 64, 1)).await.unwrap();
}

/// A pair of photos with one MD5 is not made on the spot: here the stored one's record is given the
/// SHA-256 that its twin would have. The photo is gone, as it may be after its retention; it would
/// show the record to be wrong.
#[tokio::test]
async fn a_photo_made_to_collide_with_a_stored_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalImages::open(folder.path()).unwrap();
    let record = keep(&store, &bmp(1)).await.unwrap();
    let path = folder.path().join(record.path()).with_extension("jsonl");
    let mut hasher = PhotoHasher::default();
    hasher.update(b"twin");
    let twin = ImageInfo { sha256: hasher.finish().sha256, ..record.clone() };
    fs::write(&path, RecordLine::Image(twin).to_text()).unwrap();
    fs::remove_file(folder.path().join(record.path())).unwrap();

    let mut upload = store.begin(LIMITS).await.unwrap();
    let other = receive(&mut upload, &bmp(2)).await.unwrap();
    receive(&mut upload, &bmp(1)).await.unwrap();
    let refused = upload.commit(&asked()).await;
    assert!(matches!(
        refused,
        Err(ImageStoreError::Refused(PhotoRefusal::Collision(key))) if key == record.md5
    ));
    assert_eq!(store.stat(other.md5).await.unwrap(), None, "all photos of a request or none");
}

#[tokio::test]
async fn what_a_crash_left_half_done_is_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalImages::open(folder.path()).unwrap();
    let record = keep(&store, &bmp(1)).await.unwrap();
    let photo = folder.path().join(record.path());
    let json = photo.with_extension("jsonl");

    // The record without its photo; a photo cut short; a photo without its record; half a record.
    // The last is mended by the photo alone.
    let damages: [(&dyn Fn(), bool); 4] = [
        (&|| fs::remove_file(&photo).unwrap(), false),
        (&|| fs::write(&photo, &bmp(1)[..20]).unwrap(), false),
        (&|| fs::remove_file(&json).unwrap(), false),
        (&|| fs::write(&json, b"{\"md5\":").unwrap(), true),
    ];
    for (damage, is_there) in damages {
        damage();
        assert_eq!(store.stat(record.md5).await.unwrap().is_some(), is_there);
        assert_eq!(keep(&store, &bmp(1)).await.unwrap(), record);
        assert_eq!(store.stat(record.md5).await.unwrap(), Some(record.clone()));
        assert_eq!(fs::read(&photo).unwrap(), bmp(1));
    }
}

#[tokio::test]
async fn what_processes_that_died_were_receiving_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let (dead, alive) = (folder.path().join(".spool/dead"), folder.path().join(".spool/young"));
    for path in [&dead, &alive] {
        fs::create_dir_all(path).unwrap();
        fs::write(path.join("lock"), b"").unwrap();
        fs::write(path.join("half"), b"half a photo").unwrap();
    }
    let store = LocalImages::open(folder.path()).unwrap();
    // Another one, which receives a photo.
    let other = LocalImages::open(folder.path()).unwrap();
    let mut upload = other.begin(LIMITS).await.unwrap();
    receive(&mut upload, &bmp(1)).await.unwrap();
    let hours_ago = SystemTime::now() - Duration::from_hours(2);
    for entry in fs::read_dir(folder.path().join(".spool")).unwrap() {
        let path = entry.unwrap().path();
        if path != alive {
            fs::File::open(path).unwrap().set_modified(hours_ago).unwrap();
        }
    }
    assert_eq!(store.clean_up().await.unwrap(), 1);
    assert!(!dead.exists(), "nobody holds its lock");
    assert!(alive.exists(), "it is about to be locked, for all we know");
    upload.commit(&asked()).await.unwrap();
    drop(other);
    drop(store);
    assert_eq!(fs::read_dir(folder.path().join(".spool")).unwrap().count(), 1);
}
