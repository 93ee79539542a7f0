//! Keeping a deadline around calls that have none.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Why there is no result.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoResult {
    /// The call goes on, on its thread.
    TimedOut,
    /// Its thread could not be started, or panicked.
    Lost,
}

/// Calls `f` on a thread of its own, and waits no longer than `timeout`.
///
/// A thread of its own also because `f` blocks on futures and threads, which must not happen inside a runtime.
pub(super) fn within<T: Send + 'static>(
    timeout: Duration,
    f: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NoResult> {
    let (sender, result) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("kms-metrics-end".to_owned())
        .spawn(move || sender.send(f()))
        .map_err(|_| NoResult::Lost)?;
    result.recv_timeout(timeout).map_err(|error| match error {
        mpsc::RecvTimeoutError::Timeout => NoResult::TimedOut,
        mpsc::RecvTimeoutError::Disconnected => NoResult::Lost,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn what_hangs_is_left_behind() {
        let (_keep, forever) = mpsc::channel::<()>();
        let started = Instant::now();
        assert_eq!(within(Duration::from_millis(50), move || forever.recv().is_ok()), Err(NoResult::TimedOut));
        assert!(started.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn what_panics_is_lost() {
        assert_eq!(within(Duration::from_secs(60), || panic!("on purpose")), Err::<(), _>(NoResult::Lost));
    }

    #[test]
    fn what_returns_is_returned() {
        assert_eq!(within(Duration::from_secs(60), || 7), Ok(7));
    }
}
