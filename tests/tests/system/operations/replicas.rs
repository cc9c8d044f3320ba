//! Several apis and dispatchers on one Redis, each of them restarted in the middle.

use reqwest::StatusCode;

use crate::system::{Server, System, jpeg, md5};

const MODELS: [&str; 2] = ["average_color", "perceptual_hash"];

async fn post(api: &Server, photos: std::ops::Range<u32>, images: &mut Vec<String>) {
    for seed in photos {
        let photo = jpeg(seed);
        let (status, body) = api.predict(std::slice::from_ref(&photo), &MODELS).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{body}");
        images.push(md5(&photo));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_apis_and_three_dispatchers_lose_nothing_while_each_is_restarted() {
    let mut system = System::start();
    let [color, hash] = system.two_models();
    let (first, second) = (system.api(), system.api());
    let mut dispatchers: Vec<_> = (0..3).map(|_| system.dispatcher()).collect();
    let mut images = Vec::new();

    post(&first, 0..20, &mut images).await;
    post(&second, 20..40, &mut images).await;
    for _ in 0..3 {
        assert!(dispatchers.remove(0).stop().success());
        dispatchers.push(system.dispatcher());
        let from = u32::try_from(images.len()).unwrap();
        post(&second, from..from + 10, &mut images).await;
    }
    let address = first.address().to_owned();
    assert!(first.program.stop().success());
    let first = system.api_at(&address);
    post(&first, 70..80, &mut images).await;
    system.redis.kill();
    system.redis.restart();
    let ready = crate::system::wait_until(async || first.get("/health/ready").await.0 == 200);
    assert!(ready.await);
    let address = color.address().to_owned();
    assert!(color.program.stop().success());
    let _color = system.model(&["--model", "average_color", "--listen", &address]);
    post(&first, 80..90, &mut images).await;

    // What one api accepted, the other one tells; a restart costs no job an attempt that counts.
    for (image, view) in second.wait_for_all(&images).await {
        assert_eq!(view["status"], "SUCCEEDED", "{image}: {view:#}");
        for model in MODELS {
            assert_eq!(view["jobs"][model]["failures"], 0, "{image}: {view:#}");
        }
    }
    assert_eq!(first.statuses(&images).await, second.statuses(&images).await);
    drop(hash);
}
