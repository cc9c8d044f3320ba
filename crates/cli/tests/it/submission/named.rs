//! What is named and cannot be taken: it is told, with the reason and by the exit code, and the
//! rest goes on.

use std::os::unix::fs::symlink;

use photo_tests::photos::bmp;

use crate::fake::Fake;
use crate::run::{Folder, hash};

/// A folder with one good photo, `good.bmp`.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("good.bmp", &bmp(1));
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_file_that_is_no_photo_is_told_and_the_rest_is_sent() {
    let (fake, folder) = (Fake::start(), folder());
    folder.write("empty.jpg", b"");
    folder.write("notes.txt", b"no photo");
    folder.write("page.jpg", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    let submit = ["submit", "empty.jpg", "notes.txt", "good.bmp", "page.jpg", "-m", "color"];
    let done = folder.run(&fake.url, &submit).await;
    done.ends_with(1).says(&[
        "photoctl: empty.jpg is empty\n",
        "photoctl: notes.txt is no photo but text\n",
        "photoctl: page.jpg is SVG, which is not taken\n",
        "1 photo submitted: 1 sent",
        "3 files not taken",
    ]);
    assert_eq!(done.stdout, format!("{}  good.bmp\n", hash(&bmp(1))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_of_nothing_does_not_keep_the_rest_from_being_sent() {
    let (fake, folder) = (Fake::start(), folder());
    symlink("gone.jpg", folder.path().join("dangling.jpg")).unwrap();
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    let submit = ["submit", "dangling.jpg", "nowhere.jpg", "folder", "good.bmp", "-m", "color"];
    let done = folder.run(&fake.url, &submit).await;
    done.ends_with(1).says(&[
        "photoctl: dangling.jpg is a link to gone.jpg, which does not exist\n",
        "photoctl: nowhere.jpg does not exist\n",
        "1 photo submitted: 1 sent",
        "2 files not taken",
    ]);
    // Whoever asks about photos is told so too, and of the rest all the same.
    for command in ["status", "results", "wait"] {
        let args = [command, "nowhere.jpg", "good.bmp", "dangling.jpg"];
        let done = folder.run(&fake.url, &args).await;
        done.ends_with(1).says(&["nowhere.jpg does not exist", "dangling.jpg is a link"]);
        assert_eq!(done.json_lines()[0]["image"], hash(&bmp(1)), "{command}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_in_a_folder_that_are_called_like_photos_are_told_too() {
    let (fake, folder) = (Fake::start(), Folder::new());
    folder.write("photos/good.bmp", &bmp(1));
    folder.write("photos/empty.JPG", b"");
    folder.write("photos/picture", b"qoif\0\0\0\x10\0\0\0\x10\x03\0");
    folder.write("photos/notes.txt", b"no photo");
    folder.write("photos/._good.jpg", b"\0\x05\x16\x07");
    let done = folder.run(&fake.url, &["submit", "photos", "--hidden", "-m", "color"]).await;
    done.ends_with(1).says(&[
        "photoctl: photos/empty.JPG is empty\n",
        "photoctl: photos/picture is QOI, which is not taken\n",
        "2 files not taken; 2 that are no photos left out (-v names them)",
    ]);
    assert!(!done.stderr.contains("notes.txt") && !done.stderr.contains("._good"), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_are_told_of_every_file_that_is_not_taken() {
    let (fake, folder) = (Fake::start(), folder());
    folder.write("empty.jpg", b"");
    let submit = ["submit", "empty.jpg", "nowhere", "good.bmp", "-m", "color", "--json"];
    let done = folder.run(&fake.url, &submit).await;
    let lines = done.ends_with(1).json_lines();
    let line = |path: &str| lines.iter().find(|line| line["path"] == path).unwrap();
    assert_eq!(line("empty.jpg")["outcome"], "refused");
    assert_eq!(line("empty.jpg")["error"], "is empty");
    assert_eq!(line("nowhere")["error"], "does not exist");
    assert_eq!(line("good.bmp")["outcome"], "sent");
    assert_eq!(lines[3]["summary"]["refused"], 2);
}
