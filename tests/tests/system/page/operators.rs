//! The page's view for operators.

use std::io::Cursor;

use photo_tests::program::Program;
use reqwest::StatusCode;

use crate::page::chromium::browse;
use crate::system::{Server, jpeg, md5};

/// A PNG that ends in the middle: its size can be read, its pixels cannot.
fn cut_png() -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image::RgbImage::new(64, 64).write_to(&mut file, image::ImageFormat::Png).unwrap();
    let mut file = file.into_inner();
    file.truncate(file.len() / 2);
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_what_waits_and_fails_and_retry_and_cancel_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = "[models]\naway = \"http://127.0.0.1:1\"\n";
    std::fs::write(folder.path().join("photo.toml"), config).unwrap();
    let args = ["--listen", "127.0.0.1:0"];
    let server = Server::new(Program::start("standalone", folder.path(), &args));
    let (status, body) = server.predict(&[cut_png()], &["average_color"]).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    assert_eq!(server.wait_for_end(&md5(&cut_png())).await["status"], "FAILED");
    // The page never hears of these.
    let others = [jpeg(2), jpeg(3)];
    let (status, body) = server.predict(&others, &["away"]).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    let photo = folder.path().join("boat.jpg");
    std::fs::write(&photo, jpeg(1)).unwrap();

    browse(&server.url, async |page| {
        page.wait_for("document.querySelectorAll('#models input:checked').length === 5").await;
        page.drop_files(&[&photo]).await;
        page.wait_for("document.querySelector('.row .state')?.textContent === 'Waiting'").await;
        page.click("#to-operators").await;
        page.wait_for("document.querySelector('#total-failed')?.textContent === '1'").await;
        page.wait_for("document.querySelectorAll('#dispatchers tr').length === 1").await;
        let away = "document.querySelector('.model[aria-label=away]')";
        page.wait_for(&format!("{away}?.textContent.includes('Its jobs wait: ')")).await;
        page.wait_for(&format!("{away}.querySelector('[data-health=down]')")).await;

        page.wait_for("document.querySelector('.failure .many')?.textContent === '1'").await;
        page.click(".failure header button").await;
        page.click("#confirm .primary").await;
        page.wait_for(
            "document.querySelector('.notice p').textContent === '1 job is back in line.'",
        )
        .await;
        server
            .wait_for_image(&md5(&cut_png()), |view| view["jobs"]["average_color"]["attempts"] == 1)
            .await;

        page.click(".model[aria-label=away] header button:last-of-type").await;
        page.click("#confirm .primary").await;
        page.wait_for(
            "document.querySelector('.notice:last-child p').textContent === '3 jobs are cancelled.'",
        )
        .await;
        for other in &others {
            assert_eq!(server.get(&format!("/predict/{}", md5(other))).await.1["status"], "CANCELLED");
        }
        page.click("#to-photos").await;
        page.wait_for("document.querySelector('.row .state').textContent === 'Cancelled'").await;
        // What is no picture has no small one.
        page.assert_no_complaints_but("status of 415").await;
    })
    .await;
}
