//! A server that keeps to the contract, and fails when it is told to.

mod events;
mod operators;
mod predict;

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};
use tokio::time::{interval, timeout};

use crate::run::DEADLINE;

/// The models it knows. Every job of the last one fails.
pub const MODELS: [&str; 3] = ["color", "shape", "broken"];

/// What stands in a view for a result that is no JSON which could be put there.
const RESULT: &str = "the result";

/// A server that is stopped when it is dropped.
pub struct Fake {
    pub url: String,
    port: u16,
    shared: Arc<Shared>,
    handle: ServerHandle,
}

/// What the server knows and did, and how it is to fail.
#[derive(Default)]
pub struct State {
    /// The photos it has.
    pub photos: BTreeSet<String>,
    /// Image and model, and how far that job is.
    pub jobs: BTreeMap<(String, String), Job>,
    /// How often the bytes of each photo came.
    pub received: BTreeMap<String, u32>,
    /// How many photos were in each form that was accepted.
    pub forms: Vec<usize>,
    /// How many photos were accepted by their hash.
    pub by_hash: usize,
    /// The fields of the last request that was accepted.
    pub asked: Value,
    /// How often each path was asked for.
    pub calls: BTreeMap<String, u32>,
    /// Photos that it does not want.
    pub unwanted: BTreeSet<String>,
    /// All unwanted photos of a form are told at once, not the first alone as older servers do.
    pub tells_all_unwanted: bool,
    /// The most photos in a request.
    pub max_photos: usize,
    /// What every model answers, as JSON, in place of the usual.
    pub result: Option<String>,
    /// What there is to note about every photo.
    pub notes: Vec<String>,
    /// Jobs stay in line until [`Fake::finish_all`].
    pub is_slow: bool,
    /// What goes wrong with the next requests for a path.
    faults: Vec<(&'static str, Fault)>,
    clock: u64,
}

/// A job.
pub struct Job {
    pub state: &'static str,
    changed: u64,
}

/// What goes wrong with one request.
#[derive(Clone)]
pub enum Fault {
    /// It is refused.
    Refuse(u16, Option<u64>),
    /// It is done, and the answer is lost.
    LoseAnswer,
    /// It is answered when somebody allows it.
    Hold(Arc<Semaphore>),
}

struct Shared {
    state: Mutex<State>,
    changes: watch::Sender<u64>,
}

impl Fake {
    pub fn start() -> Self {
        let state = State { max_photos: 1_000, ..State::default() };
        let shared = Shared { state: Mutex::new(state), changes: watch::Sender::new(0) };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self::serve(listener, Arc::new(shared))
    }

    fn serve(listener: TcpListener, shared: Arc<Shared>) -> Self {
        let port = listener.local_addr().unwrap().port();
        let data = web::Data::from(Arc::clone(&shared));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .app_data(web::JsonConfig::default().limit(1 << 20))
                .configure(predict::configure)
                .configure(events::configure)
                .configure(operators::configure)
        });
        let server = server.workers(1).disable_signals().listen(listener).unwrap().run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { url: format!("http://127.0.0.1:{port}"), port, shared, handle }
    }

    /// Hangs up on everybody and is gone.
    pub async fn stop(self) -> Stopped {
        self.handle.stop(false).await;
        Stopped { port: self.port, shared: Arc::clone(&self.shared) }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }

    /// Has something go wrong with the next request for this path that nothing went wrong with.
    pub fn fail(&self, path: &'static str, fault: Fault) {
        self.state().faults.push((path, fault));
    }

    /// Has the next request for this path wait until a permit is added.
    pub fn hold(&self, path: &'static str) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        self.fail(path, Fault::Hold(Arc::clone(&gate)));
        gate
    }

    /// Has nothing more go wrong.
    pub fn forget_faults(&self) {
        self.state().faults.clear();
    }

    /// Does all jobs that are in line.
    pub fn finish_all(&self) {
        self.shared.change(|state| {
            for ((_, model), job) in &mut state.jobs {
                if job.state == "QUEUED" {
                    *job = Job { state: ended(model), changed: state.clock };
                }
            }
        });
    }

    /// Waits until the server is in some state.
    pub async fn wait_until(&self, mut condition: impl FnMut(&State) -> bool) {
        let mut changes = self.shared.changes.subscribe();
        let changed = changes.wait_for(|_| condition(&self.state()));
        timeout(DEADLINE, changed).await.expect("it comes to that").unwrap();
    }
}

/// A server that is gone and can come back.
pub struct Stopped {
    port: u16,
    shared: Arc<Shared>,
}

impl Stopped {
    /// Starts it where it was, once the system has let go of that.
    pub async fn start(self) -> Fake {
        let mut pauses = interval(Duration::from_millis(20));
        let listening = async {
            loop {
                pauses.tick().await;
                if let Ok(listener) = TcpListener::bind(("127.0.0.1", self.port)) {
                    return listener;
                }
            }
        };
        let listener = timeout(DEADLINE, listening).await.expect("the port becomes free");
        Fake::serve(listener, self.shared)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        // Nobody waits for it.
        drop(self.handle.stop(false));
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and tells whoever waits for that.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        state.clock += 1;
        let changed = change(&mut state);
        let clock = state.clock;
        drop(state);
        self.changes.send_replace(clock);
        changed
    }

    /// Counts a request, and lets go wrong what is to go wrong with it. Whether its answer is to be
    /// lost comes back with it.
    async fn begin(&self, path: &'static str) -> Result<bool, HttpResponse> {
        let fault = self.change(|state| {
            *state.calls.entry(path.to_owned()).or_default() += 1;
            let next = state.faults.iter().position(|(of, _)| *of == path)?;
            Some(state.faults.remove(next).1)
        });
        match fault {
            None => Ok(false),
            Some(Fault::LoseAnswer) => Ok(true),
            Some(Fault::Hold(gate)) => {
                drop(gate.acquire().await);
                Ok(false)
            }
            Some(Fault::Refuse(status, retry_after)) => {
                let mut response = problem(status, "It is refused for a test.", json!({}));
                if let Some(seconds) = retry_after {
                    let name = actix_web::http::header::RETRY_AFTER;
                    response.headers_mut().insert(name, seconds.into());
                }
                Err(response)
            }
        }
    }
}

impl State {
    /// Puts a job in line, unless it is there; answers whether it was not.
    fn submit(&mut self, image: &str, model: &str, rerun: bool) -> bool {
        let key = (image.to_owned(), model.to_owned());
        if self.jobs.contains_key(&key) && !rerun {
            return false;
        }
        let state = if self.is_slow { "QUEUED" } else { ended(model) };
        self.jobs.insert(key, Job { state, changed: self.clock });
        true
    }

    /// A text with views in it, with the results as the models wrote them.
    fn with_results(&self, text: &str) -> String {
        match &self.result {
            Some(result) => text.replace(&json!(RESULT).to_string(), result),
            None => text.to_owned(),
        }
    }

    /// The jobs of an image by these models, all if none is named, as clients see them, and when
    /// they last changed.
    fn view(&self, image: &str, models: &[String]) -> Option<(Value, u64)> {
        let is_meant = |model: &String| models.is_empty() || models.contains(model);
        let jobs = self.jobs.iter().filter(|((of, model), _)| of == image && is_meant(model));
        let jobs: Vec<(&str, &Job)> = jobs.map(|((_, model), job)| (&**model, job)).collect();
        let changed = jobs.iter().map(|(_, job)| job.changed).max()?;
        let any = |state: &str| jobs.iter().any(|(_, job)| job.state == state);
        let status = match () {
            () if any("QUEUED") => "RUNNING",
            () if any("FAILED") => "FAILED",
            () => "SUCCEEDED",
        };
        let (mut results, mut details) = (json!({}), json!({}));
        for (model, job) in jobs {
            details[model] = json!({"state": job.state, "attempts": 1});
            match job.state {
                "SUCCEEDED" => {
                    results[model] = match &self.result {
                        Some(_) => json!(RESULT),
                        None => json!({"model": model, "number": 1.5}),
                    };
                }
                "FAILED" => {
                    let error = json!({"kind": "refused", "message": "no, \"no\""});
                    details[model]["error"] = error;
                }
                _ => details[model]["progress"] = json!({"explanation": "2 jobs are ahead"}),
            }
        }
        let mut view =
            json!({"image": image, "status": status, "results": results, "jobs": details});
        if !self.notes.is_empty() {
            view["notes"] = json!(self.notes);
        }
        Some((view, changed))
    }
}

fn ended(model: &str) -> &'static str {
    if model == "broken" { "FAILED" } else { "SUCCEEDED" }
}

/// Models that it does not know.
fn unknown_models(models: &[String]) -> Option<HttpResponse> {
    let unknown = models.iter().filter(|name| !MODELS.contains(&name.as_str()));
    let unknown: Vec<&String> = unknown.collect();
    let detail = format!("Unknown models: {unknown:?}.");
    let members = json!({"unknown_models": unknown, "models": MODELS});
    (!unknown.is_empty()).then(|| problem(400, &detail, members))
}

fn problem(status: u16, detail: &str, mut members: Value) -> HttpResponse {
    members["detail"] = json!(detail);
    members["status"] = json!(status);
    HttpResponse::build(status.try_into().unwrap())
        .content_type("application/problem+json")
        .body(members.to_string())
}
