//! The threads on which photos are made small.
//!
//! Few, and always the same: the allocator keeps what a thread frees for that thread, so that among
//! the hundreds of threads on which other blocking work runs the pixels of many photos would stay.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

type Task = Box<dyn FnOnce() + Send>;

/// Threads that do one task after the other, and end with this.
#[derive(Debug)]
pub(super) struct DecodeThreads {
    tasks: Sender<Task>,
}

impl DecodeThreads {
    /// So many threads.
    pub(super) fn new(count: usize) -> Self {
        let (tasks, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..count {
            let queue = Arc::clone(&queue);
            thread::spawn(move || run_tasks(&queue));
        }
        Self { tasks }
    }

    /// Does the work on one of the threads; `None` if it panics.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        // The caller may have gone.
        let task = move || drop(reply.send(work()));
        self.tasks.send(Box::new(task)).ok()?;
        answer.await.ok()
    }
}

fn run_tasks(queue: &Mutex<Receiver<Task>>) {
    loop {
        // The lock is held while this waits: the others wait for the lock.
        let task = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(task) = task else { return };
        // Its end has no answer then, which says so.
        let _ = catch_unwind(AssertUnwindSafe(task));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_has_no_answer_and_takes_no_thread_with_it() {
        let threads = DecodeThreads::new(1);
        assert_eq!(threads.run(|| panic!("over a photo")).await, None::<()>);
        assert_eq!(threads.run(|| 7).await, Some(7));
    }
}
