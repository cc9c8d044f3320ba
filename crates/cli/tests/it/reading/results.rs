//! Reading states and results.

use photo_tests::photos::bmp;
use serde_json::{Value, json};

use crate::fake::Fake;
use crate::run::{Folder, hash};

/// A server on which the photos of the folder are done by one model and have failed at another.
async fn done() -> (Fake, Folder) {
    let (fake, folder) = (Fake::start(), Folder::with_photos(3));
    let submit = ["submit", "photos", "-m", "color,broken"];
    folder.run(&fake.url, &submit).await.ends_with(0);
    (fake, folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_read_by_hash_by_path_and_from_lists() {
    let (fake, folder) = done().await;
    let hashes: Vec<String> = (0..3).map(|number| hash(&bmp(number))).collect();
    // The list is in the order in which the server answered.
    let list = folder.run(&fake.url, &["submit", "photos", "-m", "color"]).await.stdout;
    let mut list: Vec<&str> = list.lines().collect();
    list.sort_by_key(|line| line.rsplit_once("  ").unwrap().1);
    folder.write("list.md5", list.join("\n").as_bytes());
    let images = |lines: Vec<Value>| -> Vec<Value> {
        lines.into_iter().map(|line| line["image"].clone()).collect()
    };
    for args in [
        &["results", "-m", "color", "photos"][..],
        &["results", "-m", "color", "--from", "list.md5"],
    ] {
        let lines = folder.run(&fake.url, args).await.ends_with(0).json_lines();
        assert_eq!(lines[2]["path"], "photos/0002.bmp");
        assert_eq!(images(lines), hashes);
    }
    let by_hash = ["results", "-m", "color", &hashes[0], "photos/0001.bmp", "-"];
    let lines =
        folder.run_with_input(&fake.url, &by_hash, &format!("# one\n{}\n", hashes[2])).await;
    assert_eq!(images(lines.ends_with(0).json_lines()), hashes);
    // What a command writes, another one reads.
    let json =
        folder.run(&fake.url, &["results", "photos", "--json"]).await.ends_with(1).stdout.clone();
    let lines = folder.run_with_input(&fake.url, &["status", "-", "-m", "color"], &json).await;
    assert_eq!(images(lines.ends_with(0).json_lines()), hashes);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_says_the_same() {
    let (fake, folder) = done().await;
    let image = hash(&bmp(0));
    let run = async |form: &str| {
        let args = ["results", "photos/0000.bmp", "--format", form];
        folder.run(&fake.url, &args).await.ends_with(1).stdout.clone()
    };
    assert_eq!(
        run("table").await,
        "PHOTO            MODEL   STATE      RESULT\n\
         photos/0000.bmp  broken  FAILED     no, \"no\"\n\
         photos/0000.bmp  color   SUCCEEDED  model color, number 1.5\n"
    );
    assert_eq!(
        run("csv").await,
        format!(
            "image,path,model,state,error,notes,result.model,result.number\n\
             {image},photos/0000.bmp,broken,FAILED,\"no, \"\"no\"\"\",,,\n\
             {image},photos/0000.bmp,color,SUCCEEDED,,,color,1.5\n"
        )
    );
    let args = ["results", "photos/0000.bmp", "--format", "csv", "--json-column"];
    assert_eq!(
        folder.run(&fake.url, &args).await.ends_with(1).stdout,
        format!(
            "image,path,model,state,result,error,notes\n\
             {image},photos/0000.bmp,broken,FAILED,,\"no, \"\"no\"\"\",\n\
             {image},photos/0000.bmp,color,SUCCEEDED,\"{{\"\"model\"\":\"\"color\"\",\"\"number\"\":1.5}}\",,\n"
        )
    );
    let object = json!({
        "image": image, "path": "photos/0000.bmp", "status": "FAILED",
        "results": {"color": {"model": "color", "number": 1.5}},
        "jobs": {
            "color": {"state": "SUCCEEDED", "attempts": 1},
            "broken": {"state": "FAILED", "attempts": 1,
                       "error": {"kind": "refused", "message": "no, \"no\""}},
        },
    });
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(read(&run("json").await), json!([object]));
    assert_eq!(read(&run("ndjson").await), object);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_says_whether_all_is_done_and_well() {
    let (fake, folder) = done().await;
    fake.state().is_slow = true;
    folder.run(&fake.url, &["submit", "photos", "-m", "shape"]).await.ends_with(0);
    let run = async |args: &[&str]| folder.run(&fake.url, args).await;
    run(&["status", "photos", "-m", "color"]).await.ends_with(0);
    run(&["status", "photos", "-m", "broken"])
        .await
        .ends_with(1)
        .says(&["3 photos: 3 failed or cancelled"]);
    let waiting = run(&["status", "photos", "-m", "shape", "--format", "table"]).await;
    waiting.ends_with(4).says(&["3 photos: 3 not done yet"]);
    assert!(waiting.stdout.contains("QUEUED  2 jobs are ahead"), "{}", waiting.stdout);
    let unknown = hash(b"unknown");
    let done = run(&["results", &unknown]).await;
    done.ends_with(1).says(&["1 photo: 1 not known to the server"]);
    assert_eq!(done.json_lines(), [json!({"image": unknown, "status": "UNKNOWN", "jobs": {}})]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_photos_are_read_in_parts_and_none_is_missed() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(1_100));
    folder.run(&fake.url, &["submit", "photos", "-m", "color", "--quiet"]).await.ends_with(0);
    // More results than fit into one answer.
    fake.state().max_photos = 300;
    let done = folder.run(&fake.url, &["results", "photos"]).await;
    let paths = done.ends_with(0).json_lines().into_iter().map(|line| line["path"].to_string());
    let expected = (0..1_100).map(|number| format!("\"photos/{number:04}.bmp\""));
    assert!(paths.eq(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_wrong_with_whoever_stops_reading() {
    let (fake, folder) = done().await;
    for form in ["ndjson", "json", "table", "csv"] {
        let mut child = folder.start(&fake.url, &["results", "photos", "--format", form]);
        drop(child.stdout.take());
        let done = crate::run::ended(child).await;
        assert_eq!(done.ends_with(141).stderr, "", "{form}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_of_any_length_are_written_as_the_model_wrote_them() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(1));
    let result =
        r#"{"id":123456789012345678901,"p":0.30000000000000004441,"big":1e400,"at":{"x":-0.0}}"#;
    fake.state().result = Some(result.to_owned());
    folder.run(&fake.url, &["submit", "photos", "-m", "color"]).await.ends_with(0);
    let run = async |args: &[&str]| {
        folder.run(&fake.url, &[&["results", "photos"], args].concat()).await.stdout
    };
    let table = run(&["--format", "table"]).await;
    let words = "id 123456789012345678901, p 0.30000000000000004441, big 1e400, at (x -0.0)";
    assert!(table.contains(words), "{table}");
    let csv = run(&["--format", "csv"]).await;
    assert!(csv.contains("result.id,result.p,result.big,result.at.x\n"), "{csv}");
    assert!(csv.ends_with(",123456789012345678901,0.30000000000000004441,1e400,-0.0\n"), "{csv}");
    for form in ["json", "ndjson"] {
        assert!(run(&["--format", form]).await.contains(result), "{form}");
    }
    let column = run(&["--json-column"]).await;
    assert!(column.contains(&result.replace('"', "\"\"")), "{column}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_note_about_a_photo_is_told_in_every_form() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(1));
    let note = "The photo is cut short.";
    fake.state().notes = vec![note.to_owned()];
    folder.run(&fake.url, &["submit", "photos", "-m", "color,shape"]).await.ends_with(0);
    let run = async |form: &str| {
        folder.run(&fake.url, &["results", "photos", "--format", form]).await.stdout
    };
    assert_eq!(
        run("table").await,
        "PHOTO              MODEL  STATE      RESULT\n\
         photos/0000.bmp *  color  SUCCEEDED  model color, number 1.5\n  \
           * The photo is cut short.\n\
         photos/0000.bmp *  shape  SUCCEEDED  model shape, number 1.5\n"
    );
    assert_eq!(run("csv").await.matches(&format!("SUCCEEDED,,{note},")).count(), 2);
    let line: Value = serde_json::from_str(&run("ndjson").await).unwrap();
    assert_eq!(line["notes"], json!([note]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_was_not_asked_is_told_as_unknown() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(1));
    folder.run(&fake.url, &["submit", "photos", "-m", "color"]).await.ends_with(0);
    for command in ["status", "results", "wait"] {
        let args = [command, "photos", "-m", "shape", "--format", "table"];
        let done = folder.run(&fake.url, &args).await;
        done.ends_with(1).says(&["1 not known to the server with these models"]);
        assert!(done.stdout.contains("photos/0000.bmp  shape  UNKNOWN"), "{}", done.stdout);
    }
}
