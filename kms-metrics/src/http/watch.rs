//! One observation per call: answered, cancelled or panicked, and never two of them.

use std::mem;

/// What is being measured, and how its ends without an answer are recorded. Neither method may panic: both run while a
/// value is dropped, the second one during a panic.
pub(super) trait Observation {
    /// The future was dropped before it was ready.
    fn cancelled(self);
    /// A panic went through.
    fn panicked(self);
}

/// Holds an observation until the call has ended. Dropped before that, the call was cancelled.
pub(super) struct Watch<O: Observation>(Option<O>);

impl<O: Observation> Watch<O> {
    /// `None` observes nothing.
    pub(super) fn new(observation: Option<O>) -> Self {
        Self(observation)
    }

    /// Runs one step of the call. A panic that leaves it is recorded here, where it is known to come from the call:
    /// later, a `catch_unwind` further out makes it look like a cancellation, and a cancellation during an unrelated
    /// panic would look like one.
    pub(super) fn step<T>(&mut self, step: impl FnOnce() -> T) -> T {
        let unwinding = Unwinding(&mut self.0);
        let value = step();
        mem::forget(unwinding);
        value
    }

    /// The call is over; what is left to record is the caller's. `None` the second time.
    pub(super) fn finish(&mut self) -> Option<O> {
        self.0.take()
    }
}

impl<O: Observation> Drop for Watch<O> {
    fn drop(&mut self) {
        if let Some(observation) = self.0.take() {
            observation.cancelled();
        }
    }
}

/// Dropped only when a step unwinds.
struct Unwinding<'a, O: Observation>(&'a mut Option<O>);

impl<O: Observation> Drop for Unwinding<'_, O> {
    fn drop(&mut self) {
        if let Some(observation) = self.0.take() {
            observation.panicked();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    struct Log<'a>(&'a RefCell<Vec<&'static str>>);

    impl Observation for Log<'_> {
        fn cancelled(self) {
            self.0.borrow_mut().push("cancelled");
        }
        fn panicked(self) {
            self.0.borrow_mut().push("panicked");
        }
    }

    #[test]
    fn a_finished_call_is_neither_cancelled_nor_panicked() {
        let log = RefCell::new(Vec::new());
        let mut watch = Watch::new(Some(Log(&log)));
        assert_eq!(watch.step(|| 7), 7);
        assert!(watch.finish().is_some());
        assert!(watch.finish().is_none());
        drop(watch);
        assert!(log.borrow().is_empty());
    }

    #[test]
    fn a_dropped_call_is_cancelled_once() {
        let log = RefCell::new(Vec::new());
        drop(Watch::new(Some(Log(&log))));
        assert_eq!(*log.borrow(), ["cancelled"]);
    }

    #[test]
    fn a_caught_panic_is_a_panic_once() {
        let log = RefCell::new(Vec::new());
        let mut watch = Watch::new(Some(Log(&log)));
        let caught = catch_unwind(AssertUnwindSafe(|| watch.step(|| panic!("in the handler"))));
        assert!(caught.is_err());
        drop(watch);
        assert_eq!(*log.borrow(), ["panicked"]);
    }

    #[test]
    fn a_call_dropped_by_someone_elses_panic_is_cancelled() {
        let log = RefCell::new(Vec::new());
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let _watch = Watch::new(Some(Log(&log)));
            panic!("elsewhere");
        }));
        assert!(caught.is_err());
        assert_eq!(*log.borrow(), ["cancelled"]);
    }
}
