//! Photos that are named on lists and on standard input.

use photo_tests::photos::{bmp, bmp_of};

use crate::fake::Fake;
use crate::run::{Folder, ended, hash};

/// A server that has the photos of a folder.
async fn submitted(photos: u64) -> (Fake, Folder) {
    let (fake, folder) = (Fake::start(), Folder::with_photos(photos));
    folder.run(&fake.url, &["submit", "photos", "-m", "color"]).await.ends_with(0);
    (fake, folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_read_as_windows_and_macos_write_them() {
    let (fake, folder) = submitted(1).await;
    let image = hash(&bmp(0));
    let upper = image.to_uppercase();
    let line = format!("{upper}  a.png\r\n");
    let utf16 = |write: fn(u16) -> [u8; 2]| {
        format!("\u{FEFF}{line}").encode_utf16().flat_map(write).collect::<Vec<u8>>()
    };
    for list in [
        line.clone().into_bytes(),
        format!("\u{FEFF}{line}").into_bytes(),
        utf16(u16::to_le_bytes),
        utf16(u16::to_be_bytes),
        format!("MD5 (a.png) = {image}\n").into_bytes(),
        format!("\"Algorithm\",\"Hash\",\"Path\"\r\n\"MD5\",\"{upper}\",\"a.png\"\r\n")
            .into_bytes(),
    ] {
        folder.write("list", &list);
        let done = folder.run(&fake.url, &["status", "--from", "list"]).await;
        let lines = done.ends_with(0).json_lines();
        assert_eq!([&lines[0]["image"], &lines[0]["path"]], [&image, "a.png"], "{list:?}");
    }
    folder.run(&fake.url, &["status", &upper]).await.ends_with(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_command_writes_the_next_one_reads_in_every_form() {
    let (fake, folder) = submitted(2).await;
    for form in ["csv", "json", "ndjson"] {
        let results = folder.run(&fake.url, &["results", "photos", "--format", form]).await;
        let list = &results.ends_with(0).stdout;
        let done = folder.run_with_input(&fake.url, &["status", "-"], list).await;
        assert_eq!(done.ends_with(0).json_lines().len(), 2, "{form}: {list}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_names_no_photo_is_told_and_the_others_are_read() {
    let (fake, folder) = submitted(1).await;
    let (image, sha) = (hash(&bmp(0)), "a9".repeat(32));
    folder.write("list", format!("{sha}  a.jpg\nphotos/9.bmp\n{image}\n").as_bytes());
    let done = folder.run(&fake.url, &["status", "--from", "list"]).await;
    done.ends_with(1).says(&[
        "line 1 of the list list has a SHA-256 hash; photos are named by their MD5: a9a9",
        "photos/9.bmp does not exist",
    ]);
    assert_eq!(done.json_lines()[0]["image"], image);
}

#[tokio::test(flavor = "multi_thread")]
async fn photos_are_submitted_from_lists_of_paths() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(3));
    let odd = "photos/a\nb.bmp";
    folder.write(odd, &bmp(7));
    folder.write("list", b"photos/0000.bmp\nphotos/gone.bmp\r\n");
    let done = folder.run(&fake.url, &["submit", "--from", "list", "-m", "color"]).await;
    done.ends_with(1).says(&["photos/gone.bmp does not exist", "1 photo submitted"]);

    let input = format!("photos/0001.bmp\0{odd}\0");
    let submit = ["submit", "photos/0000.bmp", "--from", "-", "-0", "-m", "color"];
    let done = folder.run_with_input(&fake.url, &submit, &input).await;
    done.ends_with(0).says(&["3 photos submitted: 2 sent"]);
    // What submit writes, it reads: the photos of an old list for another model.
    let again = ["submit", "--from", "-", "-m", "shape"];
    let again = folder.run_with_input(&fake.url, &again, &done.stdout).await;
    again.ends_with(0).says(&["3 photos submitted: 3 on the server before; 3 new jobs"]);
    let alone = ["submit", "--from", "-", "-m", "color"];
    let alone = folder.run_with_input(&fake.url, &alone, &hash(&bmp(0))).await;
    alone.ends_with(1).says(&["is a hash without a path"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_submitted_from_standard_input() {
    let (fake, folder) = (Fake::start(), Folder::new());
    let photo = bmp_of(400, 400, 5);
    let submit = ["submit", "-", "-m", "color"];
    // Whatever goes wrong on the way, the photo is still there to be sent again.
    fake.fail("/predict", crate::fake::Fault::LoseAnswer);
    let mut child = folder.start(&fake.url, &submit);
    let mut stdin = child.stdin.take().unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stdin, &photo).await.unwrap();
    drop(stdin);
    let done = ended(child).await;
    assert_eq!(done.ends_with(0).stdout, format!("{}  -\n", hash(&photo)));
    assert!(fake.state().photos.contains(&hash(&photo)));

    let nothing = folder.run_with_input(&fake.url, &submit, "").await;
    nothing.ends_with(1).says(&["photoctl: - is empty"]);
    let both = ["submit", "-", "--from", "-", "-m", "color"];
    folder.run(&fake.url, &both).await.ends_with(2).says(&["standard input (-) is named twice"]);
}
