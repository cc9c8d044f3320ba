use super::*;

fn url(name: &str) -> ServiceUrl {
    format!("http://{name}:5000").parse().unwrap()
}

fn endpoints(names: &[&str]) -> Arc<Endpoints> {
    let endpoints = Arc::new(Endpoints::new(Arc::default(), 3));
    endpoints.set(&names.iter().map(|name| url(name)).collect::<Vec<_>>());
    endpoints
}

fn loading() -> JobError {
    JobError::new(JobErrorKind::NotReady, "still loading")
}

#[test]
fn the_endpoint_with_the_fewest_calls_in_flight_is_picked() {
    let endpoints = endpoints(&["a", "b"]);
    let first = endpoints.pick(&[]).unwrap();
    let second = endpoints.pick(&[]).unwrap();
    assert_ne!(first.url, second.url);
    drop(second);
    let third = endpoints.pick(&[]).unwrap();
    assert_ne!(first.url, third.url);
}

#[test]
fn idle_endpoints_take_turns() {
    let endpoints = endpoints(&["a", "b", "c"]);
    let mut picks: Vec<_> = (0..3).map(|_| endpoints.pick(&[]).unwrap().url.clone()).collect();
    picks.sort();
    assert_eq!(picks, [url("a"), url("b"), url("c")]);
}

#[test]
fn neither_a_down_endpoint_nor_one_tried_before_is_picked() {
    let endpoints = endpoints(&["a", "b"]);
    let first = endpoints.pick(&[]).unwrap();
    let second = endpoints.pick(&[first.id]).unwrap();
    assert!(endpoints.pick(&[first.id, second.id]).is_none());
    endpoints.set_down(first.id, loading());
    assert_eq!(endpoints.pick(&[]).unwrap().url, second.url);
}

#[test]
fn there_is_trouble_only_while_no_endpoint_works() {
    let endpoints = endpoints(&["a", "b"]);
    let (a, b) = (endpoints.pick(&[]).unwrap().id, endpoints.pick(&[]).unwrap().id);
    assert_eq!(endpoints.trouble(), None);
    assert_eq!(endpoints.set_down(a, loading()), Some(1));
    assert_eq!(endpoints.trouble(), None);
    assert_eq!(endpoints.set_down(b, loading()), Some(1));
    assert_eq!(endpoints.set_down(b, loading()), None);
    assert_eq!(endpoints.trouble(), Some(loading()));
    assert!(endpoints.set_ready(a).is_some());
    assert_eq!(endpoints.trouble(), None);
}

#[test]
fn a_model_without_endpoints_says_so() {
    let endpoints = endpoints(&["a"]);
    endpoints.set(&[]);
    assert!(endpoints.trouble().unwrap().message.contains("no service has announced itself"));
    assert!(endpoints.pick(&[]).is_none());
}

#[tokio::test]
async fn the_bell_rings_when_a_model_begins_to_work() {
    let bell = Arc::new(Notify::new());
    let endpoints = Arc::new(Endpoints::new(Arc::clone(&bell), 3));
    endpoints.set(&[url("a")]);
    bell.notified().await;
    let a = endpoints.pick(&[]).unwrap().id;
    endpoints.set_down(a, loading());
    endpoints.set_ready(a);
    bell.notified().await;
}

#[test]
fn setbacks_add_up_until_a_prediction() {
    let endpoints = endpoints(&["a"]);
    let permit = endpoints.pick(&[]).unwrap();
    assert_eq!(endpoints.set_down(permit.id, loading()), Some(1));
    endpoints.set_ready(permit.id);
    assert_eq!(endpoints.set_down(permit.id, loading()), Some(2));
    endpoints.set_ready(permit.id);
    permit.record_success();
    assert_eq!(endpoints.set_down(permit.id, loading()), Some(1));
}

#[test]
fn an_endpoint_that_comes_again_begins_anew_and_old_calls_do_not_count_for_it() {
    let endpoints = endpoints(&["a"]);
    let old = endpoints.pick(&[]).unwrap();
    endpoints.set_down(old.id, loading());
    endpoints.set(&[]);
    assert!(!endpoints.still_down(old.id, None));
    endpoints.set(&[url("a")]);
    assert_eq!(endpoints.trouble(), None);
    let _busy = endpoints.pick(&[]).unwrap();
    drop(old);
    assert_eq!(endpoints.lock().list[0].in_flight, 1);
}

#[test]
fn where_every_endpoint_fails_it_may_be_the_photos() {
    let endpoints = endpoints(&["a"]);
    let permit = endpoints.pick(&[]).unwrap();
    permit.record_success();
    let blamed: Vec<_> = (0..6).map(|_| permit.record_failure()).collect();
    let photos = Some(Suspicion::Photos);
    assert_eq!(blamed, [None, None, photos, None, None, photos]);
    assert_eq!(endpoints.room(), u32::MAX);
}

#[test]
fn an_endpoint_that_fails_while_others_work_has_one_call_at_a_time() {
    let endpoints = endpoints(&["a", "b"]);
    let (bad, good) = (endpoints.pick(&[]).unwrap(), endpoints.pick(&[]).unwrap());
    let blamed: Vec<_> = (0..4)
        .map(|_| {
            let suspicion = bad.record_failure();
            good.record_success();
            suspicion
        })
        .collect();
    let endpoint = Some(Suspicion::Endpoint);
    assert_eq!(blamed, [None, None, endpoint, endpoint]);

    endpoints.set_resting(bad.id, loading());
    endpoints.set_ready(bad.id);
    endpoints.set_down(good.id, loading());
    assert_eq!(endpoints.room(), 0, "a call of its is under way");
    let id = bad.id;
    drop(bad);
    assert_eq!(endpoints.room(), 1);
    let trial = endpoints.pick(&[]).unwrap();
    assert_eq!(trial.id, id);
    assert!(endpoints.pick(&[]).is_none());
    trial.record_success();
    assert_eq!(endpoints.room(), u32::MAX);
}

#[test]
fn an_endpoint_that_is_back_and_cannot_work_again_and_again_has_one_call_at_a_time() {
    let endpoints = endpoints(&["a"]);
    let id = endpoints.pick(&[]).unwrap().id;
    let goes_and_comes = || {
        endpoints.set_down(id, loading());
        endpoints.set_ready(id);
    };
    goes_and_comes();
    assert_eq!(endpoints.room(), u32::MAX, "an outage");
    goes_and_comes();
    assert_eq!(endpoints.room(), 1, "it was not over");
    let trial = endpoints.pick(&[]).unwrap();
    assert_eq!(endpoints.room(), 0);
    assert!(endpoints.pick(&[]).is_none());
    trial.record_success();
    assert_eq!(endpoints.room(), u32::MAX);
    goes_and_comes();
    goes_and_comes();
    assert_eq!(endpoints.room(), 0);
    trial.record_rejection();
    assert_eq!(endpoints.room(), u32::MAX, "a refusal is an answer");
}

#[test]
fn nothing_speaks_against_an_endpoint_that_was_away() {
    let endpoints = endpoints(&["a", "b"]);
    let (bad, good) = (endpoints.pick(&[]).unwrap(), endpoints.pick(&[]).unwrap());
    for _ in 0..3 {
        bad.record_failure();
    }
    good.record_success();
    endpoints.set_down(good.id, loading());
    assert_eq!(endpoints.room(), 0);
    endpoints.set_down(bad.id, loading());
    endpoints.set_ready(bad.id);
    assert_eq!(endpoints.room(), u32::MAX);
}

#[test]
fn a_generation_is_remembered_for_the_next_call() {
    let endpoints = endpoints(&["a"]);
    let mut permit = endpoints.pick(&[]).unwrap();
    assert_eq!(permit.generation, None);
    permit.set_generation(Generation::Filename);
    assert_eq!(endpoints.pick(&[]).unwrap().generation, Some(Generation::Filename));
}
