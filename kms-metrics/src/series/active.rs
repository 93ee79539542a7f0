//! Where recordings go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwapOption;

use super::Instruments;

/// Whether any recording goes anywhere: all that a disabled call costs.
static ENABLED: AtomicBool = AtomicBool::new(false);

static INSTALLED: ArcSwapOption<Instruments> = ArcSwapOption::const_empty();

/// Whether recordings go anywhere. One relaxed load.
#[inline]
pub(crate) fn is_enabled() -> bool {
    #[cfg(feature = "testing")]
    if overriding::any() {
        return true;
    }
    ENABLED.load(Ordering::Relaxed)
}

/// The instruments that recordings on this thread go to.
pub(crate) fn current() -> Option<Arc<Instruments>> {
    if !is_enabled() {
        return None;
    }
    #[cfg(feature = "testing")]
    if let Some(instruments) = overriding::current() {
        return Some(instruments);
    }
    INSTALLED.load_full()
}

pub(super) fn install(instruments: &Arc<Instruments>) -> bool {
    let before = INSTALLED.compare_and_swap(&None::<Arc<Instruments>>, Some(Arc::clone(instruments)));
    let installed = before.is_none();
    if installed {
        ENABLED.store(true, Ordering::Relaxed);
    }
    installed
}

pub(super) fn uninstall(instruments: &Arc<Instruments>) {
    let ours = INSTALLED.load().as_ref().is_some_and(|installed| Arc::ptr_eq(installed, instruments));
    if ours {
        ENABLED.store(false, Ordering::Relaxed);
        INSTALLED.store(None);
    }
}

#[cfg(feature = "testing")]
pub(crate) use overriding::Override;

/// Captures: instruments of one thread that recordings go to instead.
#[cfg(feature = "testing")]
mod overriding {
    use std::cell::RefCell;
    use std::marker::PhantomData;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

    use super::Instruments;

    static ACTIVE: AtomicUsize = AtomicUsize::new(0);

    thread_local! {
        static STACK: RefCell<Vec<(u64, Arc<Instruments>)>> = const { RefCell::new(Vec::new()) };
    }

    pub(super) fn any() -> bool {
        ACTIVE.load(Ordering::Relaxed) > 0
    }

    pub(super) fn current() -> Option<Arc<Instruments>> {
        STACK.with(|stack| stack.try_borrow().ok()?.last().map(|(_, instruments)| Arc::clone(instruments)))
    }

    /// While it lives, recordings of its thread go to its instruments.
    #[derive(Debug)]
    pub(crate) struct Override {
        number: u64,
        on_this_thread: PhantomData<*const ()>,
    }

    impl Override {
        pub(crate) fn new(instruments: &Arc<Instruments>) -> Self {
            static NUMBER: AtomicU64 = AtomicU64::new(0);
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            ACTIVE.fetch_add(1, Ordering::Relaxed);
            STACK.with(|stack| stack.borrow_mut().push((number, Arc::clone(instruments))));
            Self { number, on_this_thread: PhantomData }
        }
    }

    impl Drop for Override {
        fn drop(&mut self) {
            STACK.with(|stack| stack.borrow_mut().retain(|(number, _)| *number != self.number));
            ACTIVE.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
