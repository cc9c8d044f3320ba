//! A model's service that notes every call.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use photo_tests::http::{self, Connection};
use tokio::net::{TcpListener, TcpStream};

/// What it does with photos.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// It answers after this long.
    Answer(Duration),
    /// It answers status 500 at once.
    Fail,
    /// It never answers.
    Hang,
}

/// A service. It is gone with the process.
pub struct Service {
    /// Where it is found: several addresses tell several callers apart.
    pub addresses: Vec<SocketAddr>,
    behaviour: Behaviour,
    ready: AtomicBool,
    notes: Mutex<Notes>,
    running: AtomicUsize,
}

/// What it noted.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    /// Every call, as it began.
    pub calls: Vec<Call>,
    /// When each prediction was given.
    pub answers: Vec<Instant>,
    /// The most calls there were at once.
    pub most: usize,
    /// Every question for its status, and whether it was ready.
    pub statuses: Vec<(Instant, bool)>,
}

/// A call.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// A number that only this photo has.
    pub photo: u64,
    /// Which of its addresses was called.
    pub address: usize,
    /// When.
    pub began: Instant,
}

/// Counts a call for as long as its caller waits.
struct Running<'a>(&'a AtomicUsize);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Service {
    /// Opens a service with so many addresses.
    pub async fn open(behaviour: Behaviour, addresses: usize) -> io::Result<Arc<Self>> {
        let mut listeners = Vec::new();
        for _ in 0..addresses {
            listeners.push(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?);
        }
        let service = Arc::new(Self {
            addresses: listeners.iter().map(TcpListener::local_addr).collect::<io::Result<_>>()?,
            behaviour,
            ready: AtomicBool::new(true),
            notes: Mutex::default(),
            running: AtomicUsize::new(0),
        });
        for (address, listener) in listeners.into_iter().enumerate() {
            tokio::spawn(Arc::clone(&service).accept(listener, address));
        }
        Ok(service)
    }

    /// The URL of its first address.
    pub fn url(&self) -> String {
        format!("http://{}", self.addresses[0])
    }

    /// Says from now on that it is ready, or that it is not.
    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::SeqCst);
    }

    /// What it noted so far.
    pub fn notes(&self) -> Notes {
        self.lock().clone()
    }

    /// How many calls there were so far.
    pub fn calls(&self) -> usize {
        self.lock().calls.len()
    }

    /// How many predictions it gave so far.
    pub fn answers(&self) -> usize {
        self.lock().answers.len()
    }

    async fn accept(self: Arc<Self>, listener: TcpListener, address: usize) {
        // It fails when the machine is short of something: then the measurement stops, and is seen
        // to.
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(Arc::clone(&self).serve(stream, address));
        }
    }

    async fn serve(self: Arc<Self>, stream: TcpStream, address: usize) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut connection = Connection::new(stream);
        while let Some(request) = http::read(&mut connection).await? {
            let ready = self.ready.load(Ordering::SeqCst);
            let is_prediction = request.target.starts_with("/predict");
            if !is_prediction {
                self.lock().statuses.push((Instant::now(), ready));
            }
            if !ready {
                http::answer(&mut connection, 503, r#"{"detail": "not ready"}"#).await?;
            } else if is_prediction {
                let photo = request.part().unwrap_or_default();
                self.predict(&mut connection, photo, address).await?;
            } else {
                http::answer(&mut connection, 200, "{}").await?;
            }
        }
        Ok(())
    }

    async fn predict(
        &self,
        connection: &mut Connection,
        photo: &[u8],
        address: usize,
    ) -> io::Result<()> {
        let mut hasher = DefaultHasher::new();
        photo.hash(&mut hasher);
        let call = Call { photo: hasher.finish(), address, began: Instant::now() };
        let running = self.running.fetch_add(1, Ordering::Relaxed) + 1;
        let running_now = Running(&self.running);
        {
            let mut notes = self.lock();
            notes.calls.push(call);
            notes.most = notes.most.max(running);
        }
        match self.behaviour {
            Behaviour::Answer(after) => {
                if !after.is_zero() {
                    tokio::time::sleep(after).await;
                }
                // Before the answer: whoever reads it may make the next call at once.
                drop(running_now);
                http::answer(connection, 200, r#"{"result": 1}"#).await?;
                self.lock().answers.push(Instant::now());
                Ok(())
            }
            Behaviour::Fail => http::answer(connection, 500, r#"{"detail": "broken"}"#).await,
            Behaviour::Hang => {
                http::hung_up(connection).await;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
