//! The thread that writes. It takes what has come in meanwhile, does it in one transaction,
//! commits once and then answers everybody: the busier the store, the fewer commits per operation,
//! without anybody waiting for a timer.

use std::cell::RefCell;
use std::sync::Arc;

use photo_core::ports::StoreError;
use rusqlite::{Connection, Result, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use crate::Settings;
use crate::embedded::failure::explain;
use crate::embedded::memory::wakes::{StoreEvent, Wakes};
use crate::embedded::session::{Session, WriterMemory};
use crate::embedded::time::{Moment, StoreTime, note};

/// The most operations in one transaction.
const MAX_BATCH: usize = 512;

/// Something to be done in a transaction, and somebody who waits for the answer.
pub(crate) trait Operation: Send {
    /// Does it. May be called again after what it did was rolled back.
    fn run(&mut self, session: &mut Session<'_>) -> Result<()>;

    /// Answers, once it is known whether it lasts.
    fn answer(self: Box<Self>, failure: Option<StoreError>);
}

/// An [`Operation`] that is a function.
pub(crate) struct Call<W, T> {
    work: W,
    result: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<W, T> Call<W, T> {
    pub(crate) fn new(work: W, reply: oneshot::Sender<Result<T, StoreError>>) -> Self {
        Self { work, result: None, reply }
    }
}

impl<W, T> Operation for Call<W, T>
where
    W: FnMut(&mut Session<'_>) -> Result<T> + Send,
    T: Send,
{
    fn run(&mut self, session: &mut Session<'_>) -> Result<()> {
        self.result = Some((self.work)(session)?);
        Ok(())
    }

    fn answer(self: Box<Self>, failure: Option<StoreError>) {
        let answer = match (failure, self.result) {
            (None, Some(result)) => Ok(result),
            (Some(failure), _) => Err(failure),
            // An operation without a failure has a result.
            (None, None) => return,
        };
        // Whoever asked may have stopped waiting.
        let _ = self.reply.send(answer);
    }
}

/// The one that writes.
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    pub(crate) settings: Settings,
    pub(crate) time: Arc<StoreTime>,
    /// The moment that is noted in the file.
    pub(crate) noted: Option<Moment>,
    pub(crate) wakes: Arc<Wakes>,
    pub(crate) memory: WriterMemory,
}

/// An operation and what has become of it.
struct Task {
    operation: Box<dyn Operation>,
    failure: Option<rusqlite::Error>,
    events: Vec<StoreEvent>,
}

impl Writer {
    /// Does what comes in until nothing can come any more.
    pub(crate) fn run(mut self, mut operations: mpsc::Receiver<Box<dyn Operation>>) {
        while let Some(first) = operations.blocking_recv() {
            let mut batch = vec![Task::new(first)];
            while batch.len() < MAX_BATCH
                && let Ok(next) = operations.try_recv()
            {
                batch.push(Task::new(next));
            }
            self.work_off(batch);
        }
    }

    fn work_off(&mut self, mut batch: Vec<Task>) {
        match self.commit(&mut batch) {
            Ok(()) => {
                for task in batch {
                    self.wakes.tell(task.events);
                    task.operation.answer(task.failure.map(explain));
                }
            }
            // None of it lasts. Whichever cannot be done shall not keep the others from it.
            Err(_) if batch.len() > 1 => {
                for task in batch {
                    self.work_off(vec![task]);
                }
            }
            Err(error) => {
                let failure = Some(explain(error));
                if let Some(task) = batch.pop() {
                    task.operation.answer(failure);
                }
            }
        }
    }

    /// Does all tasks in one transaction. A task that fails is undone alone, and keeps its
    /// failure; an error means that nothing at all was done.
    fn commit(&mut self, batch: &mut [Task]) -> Result<()> {
        let mut transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let changes = transaction.total_changes();
        for task in batch {
            let savepoint = transaction.savepoint()?;
            let changed = RefCell::default();
            let (settings, now, memory) = (&self.settings, self.time.read(), &mut self.memory);
            let mut session = Session::new(&savepoint, settings, now, memory, &changed);
            let done = task.operation.run(&mut session).and_then(|()| session.close());
            match done {
                Ok(events) => {
                    savepoint.commit()?;
                    (task.events, task.failure) = (events, None);
                }
                // SQLite may have ended the whole transaction by itself, on a full disk say.
                Err(error) if savepoint.is_autocommit() => return Err(error),
                Err(error) => {
                    savepoint.finish()?;
                    (task.events, task.failure) = (Vec::new(), Some(error));
                }
            }
        }
        // Nothing is written for its sake alone: with nothing to do the disk has none either.
        let noted = if transaction.total_changes() > changes {
            Some(note(&transaction, self.time.read(), self.noted)?)
        } else {
            self.noted
        };
        transaction.commit()?;
        self.noted = noted;
        Ok(())
    }
}

impl Task {
    fn new(operation: Box<dyn Operation>) -> Self {
        Self { operation, failure: None, events: Vec::new() }
    }
}
