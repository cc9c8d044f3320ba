//! Every release of the model services' template, announcing itself, asked, stopped, and back.

use std::time::Duration;

use photo_tests::templates::{
    Announcing, Ready, RegisterShape, Release, TemplateOptions, TemplateService,
};
use reqwest::StatusCode;
use serde_json::json;

use crate::system::{Server, System, jpeg, md5, wait_until};

const MODEL: &str = "colours";

/// Announcements every quarter of a second, and gone after two seconds of silence, so that the
/// test need not last as long as the real ones do.
fn settings(system: &mut System) {
    system.configure("[model_defaults]\nhost = \"127.0.0.1\"\nsilence = \"2s\"\nmax_attempts = 2");
}

fn service(
    system: &System,
    release: Release,
    shape: RegisterShape,
    api: &Server,
) -> TemplateService {
    let announcing = Announcing {
        server: api.url.clone(),
        shape,
        port_is_number: false,
        api_key: None,
        every: Duration::from_millis(250),
    };
    TemplateService::start(&TemplateOptions {
        announcing: Some(announcing),
        ready: Ready::After(Duration::from_millis(300)),
        ..TemplateOptions::new(release, MODEL, &system.images())
    })
}

async fn wait_for_endpoints(api: &Server, count: usize) {
    let seen = wait_until(async || {
        let (_, models) = api.get("/models").await;
        models["details"][MODEL]["endpoints"].as_array().map_or(0, Vec::len) == count
    });
    assert!(seen.await, "{:#}", api.get("/models").await.1);
}

async fn post(api: &Server, photo: &[u8]) -> String {
    let (status, body) = api.predict(&[photo.to_vec()], &[MODEL]).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    md5(photo)
}

/// A header that we can read and a body that no model can.
fn broken(seed: u32) -> Vec<u8> {
    [&jpeg(seed)[..300], b"and nothing more"].concat()
}

async fn from_announcement_to_silence_and_back(release: Release, shape: RegisterShape) {
    let mut system = System::start();
    settings(&mut system);
    let api = system.api();
    let _dispatcher = system.dispatcher();
    let running = service(&system, release, shape, &api);
    wait_for_endpoints(&api, 1).await;

    let image = post(&api, &jpeg(1)).await;
    let view = api.wait_for_end(&image).await;
    assert_eq!(view["status"], "SUCCEEDED", "{view:#}");
    assert_eq!(view["jobs"][MODEL]["failures"], 0, "{view:#}");
    let (_, models) = api.get("/models").await;
    match release {
        Release::October2020Early | Release::October2020Late => {
            assert_eq!(view["results"][MODEL], json!({"someResultCategory": "actualResultValue"}));
        }
        Release::January2021 | Release::March2021 => {
            assert_eq!(view["results"][MODEL], json!({"isGreen": 0, "isRed": 1}));
            assert_eq!(models["details"][MODEL]["classes"], json!(["isGreen", "isRed"]));
        }
    }

    // The fault is the photo's. The first release says so; the others just fail.
    let view = api.wait_for_end(&post(&api, &broken(2)).await).await;
    assert_eq!(view["status"], "FAILED", "{view:#}");
    let job = &view["jobs"][MODEL];
    let expected = match release {
        Release::October2020Early => (&json!("refused"), &json!(1)),
        _ => (&json!("server_error"), &json!(2)),
    };
    assert_eq!((&job["error"]["kind"], &job["attempts"]), expected, "{view:#}");

    // Gone: its model stays known and its jobs wait and say why.
    drop(running);
    wait_for_endpoints(&api, 0).await;
    let image = post(&api, &jpeg(3)).await;
    let view = api.wait_for_image(&image, |view| view["jobs"][MODEL]["state"] == "WAITING").await;
    assert!(view["jobs"][MODEL]["waiting"]["reason"].is_string(), "{view:#}");

    let _running = service(&system, release, shape, &api);
    let view = api.wait_for_end(&image).await;
    assert_eq!(view["status"], "SUCCEEDED", "{view:#}");
    assert_eq!(view["jobs"][MODEL]["failures"], 0, "{view:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn october_2020_early() {
    from_announcement_to_silence_and_back(Release::October2020Early, RegisterShape::Register).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn october_2020_late() {
    let shape = RegisterShape::RegisterSlash;
    from_announcement_to_silence_and_back(Release::October2020Late, shape).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn january_2021() {
    let shape = RegisterShape::ModelNamePort;
    from_announcement_to_silence_and_back(Release::January2021, shape).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn march_2021_by_port() {
    from_announcement_to_silence_and_back(Release::March2021, RegisterShape::NamePort).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn march_2021_by_socket() {
    from_announcement_to_silence_and_back(Release::March2021, RegisterShape::NameSocket).await;
}
