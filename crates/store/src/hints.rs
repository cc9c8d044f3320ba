//! Passing hints on to readers that may be slow.

use tokio::sync::mpsc;

/// How many hints of changes may lie unread, each of as many images as one call may change.
pub(crate) const UNREAD_CHANGES: usize = 64;

/// Gives a reader a hint, or, if it has left too many unread, tells it by `reset` that it missed
/// some. Waits for nobody.
pub(crate) fn pass_on<T: Clone>(reader: &mpsc::Sender<T>, hint: T, reset: &T) {
    // The last place is kept for the reset. Once that lies there nothing more needs to be said:
    // whatever happens before it is read can be seen by then.
    let hint = if reader.capacity() > 1 { hint } else { reset.clone() };
    // Fails if a reset lies there already, or if nobody reads any more.
    let _ = reader.try_send(hint);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_falls_behind_is_told_so_and_then_told_all_again() {
        let (sender, mut receiver) = mpsc::channel(3);
        let mut read = || std::iter::from_fn(|| receiver.try_recv().ok()).collect::<Vec<_>>();
        (1..=5).for_each(|hint| pass_on(&sender, hint, &0));
        assert_eq!(read(), [1, 2, 0]);
        pass_on(&sender, 6, &0);
        assert_eq!(read(), [6]);
    }

    #[test]
    fn a_reset_in_the_middle_stands_for_what_came_after_the_hints_before_it() {
        let (sender, mut receiver) = mpsc::channel(2);
        (1..=3).for_each(|hint| pass_on(&sender, hint, &0));
        assert_eq!(receiver.try_recv(), Ok(1));
        pass_on(&sender, 4, &0);
        assert_eq!([receiver.try_recv(), receiver.try_recv()], [Ok(0), Ok(0)]);
    }
}
