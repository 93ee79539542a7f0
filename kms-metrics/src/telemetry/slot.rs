//! The one place in a process that a live telemetry takes.

use std::sync::atomic::{AtomicBool, Ordering};

static TAKEN: AtomicBool = AtomicBool::new(false);

/// Free again when this is dropped.
#[derive(Debug)]
pub(super) struct Slot(());

impl Slot {
    pub(super) fn take() -> Option<Self> {
        TAKEN.compare_exchange(false, true, Ordering::AcqRel, Ordering::Acquire).ok().map(|_| Self(()))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        TAKEN.store(false, Ordering::Release);
    }
}
