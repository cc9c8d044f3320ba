//! The thread that reads. It never waits for a commit.

use photo_core::ports::StoreError;
use rusqlite::{Connection, Result};
use tokio::sync::{mpsc, oneshot};

use crate::embedded::failure::explain;

/// Something to be read, by a function that answers whoever asked.
pub(crate) type Query = Box<dyn FnOnce(&mut Connection) + Send>;

/// Makes a query of a function, which sees the store at one moment.
pub(crate) fn query<T: Send + 'static>(
    work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    reply: oneshot::Sender<Result<T, StoreError>>,
) -> Query {
    Box::new(move |connection| {
        let answer = connection.transaction().and_then(|transaction| work(&transaction));
        // Whoever asked may have stopped waiting.
        let _ = reply.send(answer.map_err(explain));
    })
}

/// Reads what is asked for until nobody can ask any more.
pub(crate) fn run(mut connection: Connection, mut queries: mpsc::Receiver<Query>) {
    while let Some(query) = queries.blocking_recv() {
        query(&mut connection);
    }
}
