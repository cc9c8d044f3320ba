//! A model's service: one address for every dispatcher, so that each call has a known caller.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use photo_core::{ImageKey, PhotoHasher};
use photo_tests::http::{self, Connection};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::system::calls::Calls;

use crate::model::{Behaviour, Model};

/// How long a silent call is silent: longer than anybody listens.
const SILENCE: Duration = Duration::from_hours(1);
/// The pause between two attempts to listen on an address that somebody else has for a moment.
const PAUSE: Duration = Duration::from_millis(10);

/// One model's service.
pub struct Service {
    /// Which model.
    pub model: Model,
    /// Its calls.
    pub calls: Arc<Calls>,
    /// Where each dispatcher finds it.
    pub addresses: Vec<SocketAddr>,
    /// How many calls were spoilt.
    pub spoilt: AtomicU64,
    /// Held by every connection there is.
    connected: Arc<()>,
    seed: u64,
    /// How often it was asked about each photo.
    asked: Mutex<HashMap<ImageKey, u32>>,
    /// Everything that listens and answers.
    listening: tokio::sync::Mutex<JoinSet<()>>,
}

impl Service {
    /// Opens a service for so many dispatchers.
    pub async fn open(
        model: Model,
        dispatchers: usize,
        timeout: Duration,
        seed: u64,
    ) -> io::Result<Arc<Self>> {
        let mut listeners = Vec::new();
        for _ in 0..dispatchers {
            listeners.push(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?);
        }
        let addresses = listeners.iter().map(TcpListener::local_addr).collect::<io::Result<_>>()?;
        let service = Arc::new(Self {
            model,
            calls: Arc::new(Calls::new(model.limit(), timeout)),
            addresses,
            spoilt: AtomicU64::new(0),
            connected: Arc::default(),
            seed,
            asked: Mutex::default(),
            listening: tokio::sync::Mutex::default(),
        });
        service.listen(listeners).await;
        Ok(service)
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        Arc::strong_count(&self.connected) - 1
    }

    /// Is gone for this long: it refuses connections, and those it had are broken off.
    pub async fn go_away(self: &Arc<Self>, time: Duration) {
        self.listening.lock().await.shutdown().await;
        tokio::time::sleep(time).await;
        let mut listeners = Vec::new();
        for address in &self.addresses {
            listeners.push(loop {
                match TcpListener::bind(address).await {
                    Ok(listener) => break listener,
                    // The address is somebody's outgoing connection's, which will end.
                    Err(_) => tokio::time::sleep(PAUSE).await,
                }
            });
        }
        self.listen(listeners).await;
    }

    async fn listen(self: &Arc<Self>, listeners: Vec<TcpListener>) {
        let mut listening = self.listening.lock().await;
        for (dispatcher, listener) in listeners.into_iter().enumerate() {
            listening.spawn(Arc::clone(self).accept(listener, dispatcher));
        }
    }

    async fn accept(self: Arc<Self>, listener: TcpListener, dispatcher: usize) {
        // They end with this task.
        let mut connections = JoinSet::new();
        loop {
            // It fails when the machine is short of something, and the next one may not.
            if let Ok((stream, _)) = listener.accept().await {
                connections.spawn(Arc::clone(&self).serve(stream, dispatcher));
            }
            while connections.try_join_next().is_some() {}
        }
    }

    async fn serve(self: Arc<Self>, stream: TcpStream, dispatcher: usize) {
        let mut connection = Connection::new(stream);
        let _connected = Arc::clone(&self.connected);
        // A connection that breaks is the caller's, or the adversary's, affair.
        while let Ok(Some(request)) = http::read(&mut connection).await {
            let path = request.target.split('?').next().unwrap_or_default();
            let answered = match (path, request.part()) {
                ("/predict", Some(photo)) => self.predict(&mut connection, photo, dispatcher).await,
                ("/predict", None) => http::answer(&mut connection, 400, "{}").await,
                ("/status", _) => http::answer(&mut connection, 200, "{}").await,
                _ => http::answer(&mut connection, 404, "{}").await,
            };
            if answered.is_err() {
                return;
            }
        }
    }

    /// Looks at a photo. An error ends the connection.
    async fn predict(
        &self,
        connection: &mut Connection,
        photo: &[u8],
        dispatcher: usize,
    ) -> io::Result<()> {
        let call = self.calls.begin(dispatcher);
        let behaviour = self.behaviour(photo);
        let delay = match behaviour {
            Behaviour::Silence => SILENCE,
            _ => self.model.delay(),
        };
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = http::hung_up(connection) => return Err(io::ErrorKind::BrokenPipe.into()),
        }
        // Before the answer: whoever reads it may make the next call at once.
        drop(call);

        let good = http::text(200, &json!({"result": self.model.result(photo)}).to_string());
        match behaviour {
            Behaviour::Answer => return connection.write_all(good.as_bytes()).await,
            Behaviour::Fail => {
                return http::answer(connection, 500, r#"{"detail": "flaky"}"#).await;
            }
            Behaviour::Nonsense => connection.write_all(b"\0nonsense\r\n\r\n").await?,
            Behaviour::Half => connection.write_all(&good.as_bytes()[..good.len() / 2]).await?,
            Behaviour::HangUp | Behaviour::Silence => {}
        }
        Err(io::ErrorKind::ConnectionAborted.into())
    }

    fn behaviour(&self, photo: &[u8]) -> Behaviour {
        let mut hasher = PhotoHasher::default();
        hasher.update(photo);
        let image = hasher.finish().key;
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = asked.entry(image).or_default();
        let behaviour = self.model.behaviour(self.seed, image, *asked);
        *asked += 1;
        if behaviour != Behaviour::Answer {
            self.spoilt.fetch_add(1, Ordering::Relaxed);
        }
        behaviour
    }
}
