//! The page, as a person uses it.

use std::path::{Path, PathBuf};

use photo_tests::program::Program;
use reqwest::StatusCode;
use serde_json::Value;
use thirtyfour::Key;

use crate::page::chromium::{Page, browse};
use crate::system::{Server, System, jpeg, md5};

/// A file name that would run a script if it were ever taken for markup.
const HOSTILE: &str = "<img src=x onerror=alert(1)>.png";

fn start(folder: &Path, listen: &str) -> Server {
    Server::new(Program::start("standalone", folder, &["--listen", listen]))
}

/// A folder of photos for a person to drop, `name` being in another folder inside it.
fn photos(folder: &Path, name: &str) -> PathBuf {
    let holiday = folder.join("holiday");
    std::fs::create_dir_all(holiday.join("day 2")).unwrap();
    std::fs::write(holiday.join("boat.jpg"), jpeg(1)).unwrap();
    std::fs::write(holiday.join("dog.jpg"), jpeg(2)).unwrap();
    std::fs::write(holiday.join("notes.txt"), "not a photo").unwrap();
    std::fs::write(holiday.join("day 2").join(name), jpeg(3)).unwrap();
    holiday
}

async fn wait_for_models(page: &Page) {
    page.wait_for("document.querySelectorAll('#models input:checked').length === 4").await;
}

async fn wait_for_sum(page: &Page, sum: &str) {
    page.wait_for(&format!("document.querySelector('#sum').textContent === '{sum}'")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_folder_is_sent_and_its_results_are_on_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "127.0.0.1:0");
    let holiday = photos(folder.path(), HOSTILE);
    browse(&server.url, async |page| {
        wait_for_models(page).await;
        page.drop_files(&[&holiday]).await;
        wait_for_sum(page, "3 of 3 photos, 12 of 12 jobs finished").await;

        let names = page.texts(".row .name").await;
        let hostile = format!("holiday/day 2/{HOSTILE}");
        assert_eq!(names, ["holiday/boat.jpg", &hostile, "holiday/dog.jpg"]);
        assert!(page.run::<bool>("return !document.querySelector('[onerror], [src=x]')").await);
        // What is not taken is named.
        let untaken = ["holiday/notes.txtThis is a text, and no photo."];
        assert_eq!(page.texts("#left-out li").await, untaken);

        let (_, view) = server.get(&format!("/predict/{}", md5(&jpeg(1)))).await;
        let cells = page.texts("#list [aria-posinset='1'] .cell").await;
        let color = view["results"]["average_color"]["hex"].as_str().unwrap();
        assert_eq!(cells[0], format!("average_color{color}"));
        assert!(cells[1].starts_with("image_shapewidth96height64"), "{cells:?}");
        let swatch = "return getComputedStyle(document.querySelector('.swatch')).backgroundColor";
        let [r, g, b] = ["r", "g", "b"].map(|it| &view["results"]["average_color"][it]);
        assert_eq!(page.run::<String>(swatch).await, format!("rgb({r}, {g}, {b})"));

        page.wait_for("document.querySelector('.picture img')?.naturalWidth > 0").await;
        page.click("#list [aria-posinset='2'] .name").await;
        let title = page.texts("#detail h2").await;
        assert_eq!(title, [hostile]);
        page.wait_for("document.querySelector('#detail .view img')?.naturalWidth === 96").await;
        page.click("#detail .raw summary").await;
        page.wait_for("document.querySelector('#detail .raw button')").await;
        let [raw] = &page.texts("#detail .raw .json").await[..] else { panic!("one is open") };
        assert!(raw.starts_with("{\"r\":"), "as the model sent it: {raw}");
        page.assert_no_complaints().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_outlives_a_reload_and_a_restart_of_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "127.0.0.1:0");
    let holiday = photos(folder.path(), "sea.jpg");
    let url = server.url.clone();
    browse(&url, async |page| {
        wait_for_models(page).await;
        page.drop_files(&[&holiday]).await;
        wait_for_sum(page, "3 of 3 photos, 12 of 12 jobs finished").await;
        let before = page.texts("#list [role=listitem]").await;

        page.reload().await;
        wait_for_sum(page, "3 of 3 photos, 12 of 12 jobs finished").await;
        assert_eq!(page.texts("#list [role=listitem]").await, before);
        page.assert_no_complaints().await;

        let address = server.address().to_owned();
        assert!(server.program.stop().success());
        page.wait_for("document.querySelector('#health').textContent.startsWith('No')").await;
        let _server = start(folder.path(), &address);
        page.wait_for("document.querySelector('#health').textContent === 'Live'").await;
        std::fs::write(folder.path().join("late.jpg"), jpeg(4)).unwrap();
        page.drop_files(&[&folder.path().join("late.jpg")]).await;
        wait_for_sum(page, "4 of 4 photos, 16 of 16 jobs finished").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_the_server_has_is_not_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "127.0.0.1:0");
    let holiday = photos(folder.path(), "sea.jpg");
    let (status, body) = server.predict(&[jpeg(1), jpeg(2), jpeg(3)], &["image_shape"]).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    browse(&server.url, async |page| {
        wait_for_models(page).await;
        page.drop_files(&[&holiday]).await;
        wait_for_sum(page, "3 of 3 photos, 12 of 12 jobs finished").await;
        let sent = "return performance.getEntriesByType('resource') \
                    .filter(({initiatorType}) => initiatorType === 'xmlhttprequest').length";
        assert_eq!(page.run::<u32>(sent).await, 0);
        // The models that had not looked at them have now.
        assert_eq!(page.texts("#list [aria-posinset='1'] .cell .of").await.len(), 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_could_not_be_sent_before_a_reload_is_asked_for_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let config = |most: u32| {
        let model = r#"url = "http://127.0.0.1:1", max_queued"#;
        let text = format!("[models]\nshut = {{ {model} = {most} }}\n");
        std::fs::write(folder.path().join("photo.toml"), text).unwrap();
    };
    config(0);
    let server = start(folder.path(), "127.0.0.1:0");
    let address = server.address().to_owned();
    let holiday = photos(folder.path(), "sea.jpg");
    let url = server.url.clone();
    browse(&url, async |page| {
        page.wait_for("document.querySelectorAll('#models input:checked').length === 5").await;
        page.drop_files(&[&holiday]).await;
        page.wait_for("document.querySelector('#list .trouble')?.textContent.includes('queue')")
            .await;
        page.reload().await;
        wait_for_sum(page, "0 of 3 photos, 0 of 15 jobs finished, 3 to be chosen again").await;
        assert_eq!(page.texts(".row .state").await, ["Choose again"; 3]);

        assert!(server.program.stop().success());
        config(100);
        let server = start(folder.path(), &address);
        page.drop_files(&[&holiday]).await;
        wait_for_sum(page, "0 of 3 photos, 12 of 15 jobs finished, 3 waiting").await;
        let why = "the service cannot be reached";
        page.wait_for(&format!("document.querySelector('#models').textContent.includes('{why}')"))
            .await;
        let (status, _) = server.get(&format!("/predict/{}", md5(&jpeg(2)))).await;
        assert_eq!(status, StatusCode::OK);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_photo_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "127.0.0.1:0");
    let broken = folder.path().join("broken.jpg");
    std::fs::write(&broken, &jpeg(1)[..20]).unwrap();
    browse(&server.url, async |page| {
        wait_for_models(page).await;
        page.drop_files(&[&broken]).await;
        wait_for_sum(page, "1 of 1 photo, 4 of 4 jobs finished, 1 failed").await;
        let [why] = &page.texts(".row .trouble").await[..] else { panic!("one reason") };
        assert!(why.starts_with("The photo begins like a JPEG photo, but"), "{why}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_would_refuse_is_not_sent_and_many_files_do_not_stop_the_page() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("photo.toml"), "[api]\nmax_image_bytes = \"1KiB\"\n")
        .unwrap();
    let server = start(folder.path(), "127.0.0.1:0");
    let large = folder.path().join("large.gif");
    std::fs::write(&large, [b"GIF89a".as_slice(), &[0; 2000]].concat()).unwrap();
    let many = folder.path().join("many");
    std::fs::create_dir(&many).unwrap();
    for number in 0..3_000 {
        std::fs::write(many.join(format!("{number}.txt")), "text").unwrap();
    }
    browse(&server.url, async |page| {
        wait_for_models(page).await;
        page.drop_files(&[&large]).await;
        wait_for_sum(page, "1 of 1 photo, 4 of 4 jobs finished, 1 failed").await;
        let why = "The photo has 2.0 kB; the server takes 1.0 kB at most.";
        assert_eq!(page.texts(".row .trouble").await, [why]);
        let sent = "return performance.getEntriesByType('resource') \
                    .filter(({initiatorType}) => initiatorType === 'xmlhttprequest').length";
        assert_eq!(page.run::<u32>(sent).await, 0);

        // The page draws all the while that the files are looked at.
        let count = "globalThis.frames_ = 0;
            const draw = () => { globalThis.frames_ += 1; requestAnimationFrame(draw); }; draw();";
        page.run::<Value>(count).await;
        let before: u32 = page.run("return globalThis.frames_").await;
        page.drop_files(&[&many]).await;
        page.wait_for(
            "document.querySelector('#left-out-sum').textContent === '3,000 files were not taken'",
        )
        .await;
        assert!(page.run::<u32>("return globalThis.frames_").await > before + 5);
        page.wait_for("document.querySelector('#looking').hidden").await;
        assert_eq!(
            page.texts("#left-out li:first-child").await,
            ["many/0.txtThis is a text, and no photo."]
        );
        page.assert_no_complaints().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_post_shows_up_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "127.0.0.1:0");
    browse(&server.url, async |page| {
        wait_for_models(page).await;
        page.wait_for("document.querySelector('#health').textContent === 'Live'").await;
        let (status, body) = server.predict(&[jpeg(1)], &["average_color"]).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{body}");
        page.wait_for("document.querySelector('#others-count').textContent === '1'").await;
        page.click("#others").await;
        page.wait_for("document.querySelector('.row .state')?.textContent === 'Done'").await;
        assert_eq!(page.texts(".row .name").await, [md5(&jpeg(1))]);
        assert_eq!(page.texts("#mine-count").await, ["0"]);
        page.assert_no_complaints().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_posted_to_another_api_shows_up_too() {
    let mut system = System::start();
    let _models = system.two_models();
    let (first, second) = (system.api(), system.api());
    let _dispatcher = system.dispatcher();
    browse(&first.url, async |page| {
        page.wait_for("document.querySelectorAll('#models input').length === 2").await;
        page.wait_for("document.querySelector('#health').textContent === 'Live'").await;
        let (status, body) = second.predict(&[jpeg(1)], &["average_color"]).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{body}");
        page.wait_for("document.querySelector('#others-count').textContent === '1'").await;
        page.click("#others").await;
        page.wait_for("document.querySelector('.row .state')?.textContent === 'Done'").await;
        page.assert_no_complaints().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_reaches_everything() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "127.0.0.1:0");
    let holiday = photos(folder.path(), "sea.jpg");
    browse(&server.url, async |page| {
        wait_for_models(page).await;
        page.drop_files(&[&holiday]).await;
        wait_for_sum(page, "3 of 3 photos, 12 of 12 jobs finished").await;
        page.press("j").await;
        let focus = "return document.activeElement.textContent";
        assert_eq!(page.run::<String>(focus).await, "holiday/day 2/sea.jpg");
        page.press(Key::End).await;
        assert_eq!(page.run::<String>(focus).await, "holiday/dog.jpg");
        page.press(Key::Enter).await;
        page.wait_for("document.querySelector('#detail').open").await;
        page.press(Key::Left).await;
        assert_eq!(page.texts("#detail h2").await, ["holiday/day 2/sea.jpg"]);
        page.press(Key::Escape).await;
        page.wait_for("!document.querySelector('#detail').open").await;

        page.press("/").await;
        page.press("boat").await;
        page.wait_for("document.querySelectorAll('.row').length === 1").await;
        assert_eq!(page.texts(".row .name").await, ["holiday/boat.jpg"]);
        // Keys are for the search, and for the choice of a model, while the keyboard is there.
        page.press(Key::Tab).await;
        page.press(Key::Tab).await;
        page.press("?").await;
        page.wait_for("document.querySelector('#help').open").await;
        page.press(Key::Escape).await;
        page.press("o").await;
        page.wait_for("!document.querySelector('#operators').hidden").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_visible_part_of_a_long_list_is_in_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "127.0.0.1:0");
    browse(&server.url, async |page| {
        wait_for_models(page).await;
        let kept: Value = page
            .run_async(
                // As the page of earlier releases wrote it.
                "const opening = indexedDB.open('photo-analysis-server', 1);
                 await new Promise((resolve) => { opening.onsuccess = resolve; });
                 const writing = opening.result.transaction('photos', 'readwrite');
                 for (let place = 0; place < 5000; place += 1) writing.objectStore('photos').put({
                   id: `1-${place}`, batch: 1, place, name: `photo ${place}`, size: 1, models: ['sharpness'],
                   phase: 'lost',
                 });
                 await new Promise((resolve) => { writing.oncomplete = resolve; });",
            )
            .await;
        assert_eq!(kept, Value::Null);
        page.reload().await;
        wait_for_sum(page, "0 of 5,000 photos, 0 of 5,000 jobs finished, 5,000 to be chosen again").await;
        page.wait_for("document.querySelector('.row .name').textContent === 'photo 0'").await;
        assert!(page.run::<u32>("return document.querySelectorAll('.row').length").await < 40);
        page.run::<Value>("scrollTo(0, document.documentElement.scrollHeight)").await;
        page.wait_for("[...document.querySelectorAll('.row .name')].at(-1).textContent === 'photo 4999'")
            .await;
        assert!(page.run::<u32>("return document.querySelectorAll('.row').length").await < 40);
        assert_eq!(page.texts("[aria-setsize='5000'][aria-posinset='5000'] .name").await, ["photo 4999"]);
        page.assert_no_complaints().await;
    })
    .await;
}
