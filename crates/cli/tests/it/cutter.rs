//! Stands between the program and the server, and cuts connections.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{self, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A way to a server that is not safe.
pub struct Cutter {
    pub url: String,
    budgets: Arc<Mutex<Vec<u64>>>,
    task: JoinHandle<()>,
}

impl Cutter {
    /// A way to the server at this address. Of each of the next connections only so many bytes get
    /// through to it; later ones hold.
    pub async fn start(server: &str, mut budgets: Vec<u64>) -> Self {
        budgets.reverse();
        let server = server.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let budgets = Arc::new(Mutex::new(budgets));
        let task = tokio::spawn({
            let budgets = Arc::clone(&budgets);
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    let budget = lock(&budgets).pop().unwrap_or(u64::MAX);
                    let Ok(server) = TcpStream::connect(&server).await else { continue };
                    tokio::spawn(pass(client, server, budget));
                }
            }
        });
        Self { url, budgets, task }
    }

    /// How many connections are still to be cut.
    pub fn left(&self) -> usize {
        lock(&self.budgets).len()
    }
}

impl Drop for Cutter {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(budgets: &Mutex<Vec<u64>>) -> std::sync::MutexGuard<'_, Vec<u64>> {
    budgets.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Passes bytes both ways until one side is done, or the budget is.
async fn pass(mut client: TcpStream, mut server: TcpStream, budget: u64) {
    let (from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let mut from_client = from_client.take(budget);
    tokio::select! {
        _ = io::copy(&mut from_client, &mut to_server) => {}
        _ = io::copy(&mut from_server, &mut to_client) => {
            let _ = to_client.shutdown().await;
        }
    }
}
