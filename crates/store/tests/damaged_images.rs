//! Photos and records that a disk or a power failure has damaged.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::TryStreamExt;
use photo_core::job::{JobOutcome, Priority};
use photo_core::ports::{
    Committed, Examination, Examined, ImageLimits, ImageStore, ImageStoreError, RecordHealth,
};
use photo_core::record::{Acceptance, JobEnd, RecordLine};
use photo_core::{ImageInfo, ImageKey, JobError, JobErrorKind, UnixMillis};
use photo_store::images::LocalImages;
use photo_tests::photos::{bmp, bmp_of};
use tempfile::TempDir;
use uuid::Uuid;

const LIMITS: ImageLimits = ImageLimits { max_bytes: 10_000_000, max_pixels: 10_000_000 };

const LOOK: Examination = Examination { deep: false, mend: false, bytes_per_second: None };
const MEND: Examination = Examination { mend: true, ..LOOK };
const DEEP: Examination = Examination { deep: true, ..MEND };

/// A store in a folder of its own.
struct World {
    folder: TempDir,
    store: LocalImages,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalImages::open(folder.path()).unwrap();
        Self { folder, store }
    }

    async fn post(&self, photo: &[u8]) -> Committed {
        let mut upload = self.store.begin(LIMITS).await.unwrap();
        for piece in photo.chunks(60_000) {
            upload.write(Bytes::copy_from_slice(piece)).await.unwrap();
        }
        upload.end_image().await.unwrap();
        upload.commit(&asked()).await.unwrap().remove(0)
    }

    async fn info(&self, image: ImageKey) -> ImageInfo {
        self.store.stat(image).await.unwrap().unwrap()
    }

    async fn read(&self, image: ImageKey) -> Result<Option<Vec<u8>>, ImageStoreError> {
        let Some((_, bytes)) = self.store.open(image).await? else { return Ok(None) };
        let pieces: Vec<Bytes> = bytes.try_collect().await?;
        Ok(Some(pieces.concat()))
    }

    fn file(&self, image: ImageKey, extension: &str) -> PathBuf {
        let md5 = image.to_string();
        self.folder.path().join(&md5[..2]).join(format!("{md5}.{extension}"))
    }

    async fn examine(&self, image: ImageKey, how: Examination) -> Examined {
        self.store.examine(image, how).await.unwrap()
    }
}

fn asked() -> Acceptance {
    let models = vec!["wood".parse().unwrap()];
    let (request, at) = (Uuid::new_v4(), UnixMillis(1_000));
    Acceptance { request, at, priority: Priority::Normal, rerun: false, models }
}

/// As a disk may do it: one bit of the last byte but some is another, and nothing else.
fn flip_a_bit(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let at = bytes.len() - 9;
    bytes[at] ^= 4;
    fs::write(path, bytes).unwrap();
}

fn is_damaged<T>(answer: &Result<T, ImageStoreError>, image: ImageKey) -> bool {
    matches!(answer, Err(ImageStoreError::Damaged(damaged)) if *damaged == image)
}

#[tokio::test]
async fn no_photo_is_read_to_its_end_unless_it_is_whole() {
    // One block, and several.
    for photo in [bmp(1), bmp_of(640, 481, 7)] {
        let ways: [&dyn Fn(&Path); 4] = [
            &flip_a_bit,
            &|path| fs::write(path, vec![0; photo.len()]).unwrap(),
            &|path| fs::write(path, &photo[..20]).unwrap(),
            &|path| fs::write(path, b"").unwrap(),
        ];
        for damage in ways {
            let world = World::new();
            let image = world.post(&photo).await.image;
            assert!(world.read(image).await.unwrap().unwrap() == photo);
            let file = world.file(image, "bmp");
            damage(&file);
            assert!(is_damaged(&world.read(image).await, image));
            // Set aside, and told from then on to whoever asks.
            assert!(!file.exists() && world.file(image, "bmp.damaged").exists());
            assert!(is_damaged(&world.read(image).await, image));
            assert!(is_damaged(&world.store.check(image).await, image));
            assert_eq!(world.store.stat(image).await.unwrap(), None);
            assert!(world.store.record(image).await.unwrap().unwrap().damaged_at.is_some());
            let found = world.store.inspect(&[image]).await.unwrap().remove(0);
            assert_eq!(
                (found.photo, found.damaged_photo, found.damaged_record),
                (false, true, false)
            );

            assert!(world.post(&photo).await.mended);
            assert!(world.read(image).await.unwrap().unwrap() == photo);
            assert!(world.store.record(image).await.unwrap().unwrap().damaged_at.is_none());
            assert!(!world.post(&photo).await.mended, "there is nothing to mend any more");
        }
    }
}

#[tokio::test]
async fn a_photo_that_comes_again_is_not_dropped_for_a_damaged_one() {
    let world = World::new();
    let image = world.post(&bmp(1)).await.image;
    flip_a_bit(&world.file(image, "bmp"));
    // Nobody has read it since.
    assert!(world.post(&bmp(1)).await.mended);
    assert!(world.read(image).await.unwrap().unwrap() == bmp(1));
    assert!(fs::read(world.file(image, "bmp.damaged")).unwrap() != bmp(1), "kept for a look at it");
}

#[tokio::test]
async fn a_job_that_failed_for_want_of_the_photo_is_asked_for_anew() {
    let world = World::new();
    let Committed { image, .. } = world.post(&bmp(1)).await;
    for (kind, is_asked_for) in [(JobErrorKind::Refused, false), (JobErrorKind::ImageDamaged, true)]
    {
        let end = JobEnd {
            model: "wood".parse().unwrap(),
            attempts: 1,
            failures: 0,
            started_at: None,
            ended_at: UnixMillis(9_000),
            outcome: JobOutcome::Failed(JobError::new(kind, "no")),
            request: None,
        };
        world.store.append(vec![(image, end.into())]).await.unwrap();
        let again = world.post(&bmp(1)).await;
        assert_eq!(
            (again.added.len(), again.ended.is_empty()),
            (usize::from(is_asked_for), is_asked_for)
        );
    }
}

#[tokio::test]
async fn a_check_for_others_is_not_made_again_for_a_file_that_did_not_change() {
    let world = World::new();
    let image = world.post(&bmp(1)).await.image;
    let file = world.file(image, "bmp");
    assert_eq!(world.store.check(image).await.unwrap(), Some(world.info(image).await));
    let modified = fs::metadata(&file).unwrap().modified().unwrap();
    flip_a_bit(&file);
    let open = fs::File::options().append(true).open(&file).unwrap();
    open.set_modified(modified).unwrap();
    assert!(world.store.check(image).await.unwrap().is_some(), "the same by all that is looked at");
    open.set_modified(modified + std::time::Duration::from_nanos(1)).unwrap();
    assert!(is_damaged(&world.store.check(image).await, image));
}

#[tokio::test]
async fn a_deep_look_finds_what_is_damaged_and_changes_it_only_if_it_may() {
    let world = World::new();
    let image = world.post(&bmp(1)).await.image;
    let bytes = bmp(1).len() as u64;
    assert_eq!(world.examine(image, DEEP).await, Examined { bytes, ..Examined::default() });
    let file = world.file(image, "bmp");
    flip_a_bit(&file);
    assert_eq!(world.examine(image, MEND).await, Examined::default(), "it is not read");
    let found = Examined { bytes, damaged_photo: true, ..Examined::default() };
    assert_eq!(world.examine(image, Examination { mend: false, ..DEEP }).await, found);
    assert!(file.exists());
    assert_eq!(world.examine(image, DEEP).await, found);
    assert!(!file.exists());
    assert_eq!(world.examine(image, DEEP).await, Examined { bytes: 0, ..found });
}

/// What a program of an earlier version wrote, byte for byte but for the hashes.
#[tokio::test]
async fn a_photo_of_an_earlier_version_is_given_a_checksum() {
    let world = World::new();
    let image = world.post(&bmp(1)).await.image;
    let record = world.file(image, "jsonl");
    let ImageInfo { md5, sha256, bytes, dimensions, .. } = world.info(image).await;
    let (width, height) = (dimensions.width, dimensions.height);
    let old = format!(
        "\n{{\"image\":{{\"md5\":\"{md5}\",\"sha256\":\"{sha256}\",\"format\":\"bmp\",\"bytes\":{bytes},\
         \"width\":{width},\"height\":{height}}}}}\n\
         \n{{\"accepted\":{{\"request\":\"00000000-0000-0000-0000-000000000007\",\
         \"at\":\"2026-11-30T10:00:00.000Z\",\"priority\":\"low\",\"models\":[\"wood\"]}}}}\n"
    );
    fs::write(&record, &old).unwrap();
    let modified = fs::metadata(&record).unwrap().modified().unwrap();
    assert_eq!(world.info(image).await.checksum, None);
    assert!(world.read(image).await.unwrap().unwrap() == bmp(1));

    let found = Examined { bytes, checksum_added: true, ..Examined::default() };
    assert_eq!(world.examine(image, DEEP).await, found);
    assert!(world.info(image).await.checksum.is_some());
    let now = world.store.record(image).await.unwrap().unwrap();
    assert_eq!((now.jobs["wood"].priority, now.unreadable), (Priority::Low, 0));
    assert_eq!(fs::metadata(&record).unwrap().modified().unwrap(), modified, "its age is the same");
    assert!(!world.file(image, "jsonl.damaged").exists());
    flip_a_bit(&world.file(image, "bmp"));
    assert!(is_damaged(&world.read(image).await, image));
}

/// A way of damaging a file, and what it is called.
type Way<'a> = (&'a str, &'a dyn Fn(&Path));

#[tokio::test]
async fn a_damaged_record_is_mended_by_its_photo() {
    let is_root = fs::metadata("/proc/self").map(|it| {
        use std::os::unix::fs::MetadataExt;
        it.uid() == 0
    });
    let ways: [Way; 6] = [
        ("empty", &|path| fs::write(path, b"").unwrap()),
        ("garbage", &|path| fs::write(path, [0; 4096]).unwrap()),
        ("a damaged first line", &|path| {
            let text = fs::read_to_string(path).unwrap();
            fs::write(path, text.replacen("\"md5\":", "\"md\0\":", 1)).unwrap();
        }),
        ("another SHA-256", &|path| {
            let text = fs::read_to_string(path).unwrap();
            let at = text.find("\"sha256\":\"").unwrap() + 10;
            let other = if &text[at..=at] == "0" { "1" } else { "0" };
            fs::write(path, format!("{}{other}{}", &text[..at], &text[at + 1..])).unwrap();
        }),
        ("a folder", &|path| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        }),
        ("not to be read", &|path| {
            fs::set_permissions(path, Permissions::from_mode(0o000)).unwrap();
        }),
    ];
    for (what, damage) in ways {
        if what == "not to be read" && is_root.as_ref().is_ok_and(|is_root| *is_root) {
            continue;
        }
        for posts_again in [false, true] {
            let world = World::new();
            let image = world.post(&bmp(1)).await.image;
            let info = world.info(image).await;
            let other = world.post(&bmp(2)).await.image;
            damage(&world.file(image, "jsonl"));
            // Nothing that names several images fails for one of them.
            let line = RecordLine::Accepted(asked());
            let lines = vec![(image, line.clone()), (other, line)];
            world.store.append(lines).await.unwrap();
            world.store.sync_records(&[image, other]).await.unwrap();
            assert_eq!(world.store.inspect(&[image, other]).await.unwrap().len(), 2, "{what}");
            if posts_again {
                world.post(&bmp(1)).await;
            } else {
                let deep = what == "another SHA-256";
                let found = world.examine(image, Examination { deep, mend: false, ..LOOK }).await;
                assert_eq!(found.record, RecordHealth::Mendable, "{what}");
                assert_eq!(world.examine(image, Examination { deep, ..MEND }).await, found);
                assert_eq!(world.examine(image, MEND).await.record, RecordHealth::Whole, "{what}");
            }
            assert_eq!(world.info(image).await, info, "{what}");
            assert!(world.read(image).await.unwrap().unwrap() == bmp(1), "{what}");
            let record = world.store.record(image).await.unwrap().unwrap();
            assert!(record.rebuilt.is_some(), "{what}");
            assert!(world.file(image, "jsonl.damaged").exists(), "{what}: what it was is kept");
        }
    }
}

#[tokio::test]
async fn who_reads_a_photo_need_not_know_that_its_record_was_damaged() {
    let world = World::new();
    let image = world.post(&bmp(1)).await.image;
    fs::write(world.file(image, "jsonl"), b"").unwrap();
    assert!(world.read(image).await.unwrap().unwrap() == bmp(1));
    // Where the photo is damaged too, nobody can tell.
    fs::write(world.file(image, "jsonl"), b"").unwrap();
    flip_a_bit(&world.file(image, "bmp"));
    assert!(is_damaged(&world.read(image).await, image));
    assert_eq!(world.store.stat(image).await.unwrap(), None);
    let mut upload = world.store.begin(LIMITS).await.unwrap();
    upload.include(image);
    let missing = upload.commit(&asked()).await;
    assert!(matches!(missing, Err(ImageStoreError::Missing(images)) if images == [image]));
    world.post(&bmp(1)).await;
    assert!(world.read(image).await.unwrap().unwrap() == bmp(1));
}

#[tokio::test]
async fn a_damaged_line_costs_itself_and_no_other() {
    let world = World::new();
    let image = world.post(&bmp(1)).await.image;
    let record = world.file(image, "jsonl");
    let mut text = fs::read(&record).unwrap();
    text.extend(b"\n{\"ended\":{\"mo\x07\n");
    text.extend(
        RecordLine::Accepted(Acceptance { models: vec!["stone".parse().unwrap()], ..asked() })
            .to_text(),
    );
    fs::write(&record, text).unwrap();
    let found = world.examine(image, MEND).await;
    assert_eq!((found.record, found.lost_lines), (RecordHealth::Mendable, 1));
    let now = world.store.record(image).await.unwrap().unwrap();
    assert_eq!((now.jobs.len(), now.unreadable), (2, 0));
    assert_eq!(now.rebuilt.unwrap().lost_lines, 1);
    assert!(!now.rebuilt.unwrap().filled_in);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_added_to_a_record_while_it_is_mended_is_not_lost() {
    let world = World::new();
    let image = world.post(&bmp(1)).await.image;
    let record = world.file(image, "jsonl");
    for round in 0..20 {
        let mut text = fs::read(&record).unwrap();
        text.extend(b"\nhalf a li");
        fs::write(&record, text).unwrap();
        let model = format!("model-{round}").parse().unwrap();
        let line = RecordLine::Accepted(Acceptance { models: vec![model], ..asked() });
        let (mended, added) =
            tokio::join!(world.examine(image, MEND), world.store.append(vec![(image, line)]));
        added.unwrap();
        assert_eq!(mended.lost_lines, 1);
    }
    assert_eq!(world.store.record(image).await.unwrap().unwrap().jobs.len(), 21);
}

#[tokio::test]
async fn what_was_set_aside_goes_with_the_image() {
    let world = World::new();
    let image = world.post(&bmp(1)).await.image;
    flip_a_bit(&world.file(image, "bmp"));
    assert!(is_damaged(&world.read(image).await, image));
    let found = world.store.inspect(&[image]).await.unwrap().remove(0);
    assert!(world.store.remove(&found, true).await.unwrap());
    let folder = world.file(image, "bmp");
    assert_eq!(fs::read_dir(folder.parent().unwrap()).unwrap().count(), 0);
    assert!(world.read(image).await.unwrap().is_none());
}
