//! Signs of life.

use crate::contract::Harness;
use crate::contract::scene::{Scene, job};

pub async fn a_store_keeps_its_name_and_its_count_never_falls<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let mut last = scene.store.beat().await.unwrap();
    assert!(!last.store.is_empty() && last.count > 0);
    scene.succeeded(&job(1, "m")).await;
    for _ in 0..3 {
        let beat = scene.store.beat().await.unwrap();
        assert_eq!((&beat.store, &beat.server), (&last.store, &last.server));
        assert!(beat.count >= last.count);
        last = beat;
    }
}

pub async fn no_two_stores_have_the_same_name<H: Harness>() {
    let (one, other) = (Scene::<H>::start().await, Scene::<H>::start().await);
    assert_ne!(one.store.beat().await.unwrap().store, other.store.beat().await.unwrap().store);
}
