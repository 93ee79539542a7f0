//! Telling when scrapes begin to fail and when they work again: once each, however often they come.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::exporter::RenderError;

/// Whether scrapes fail at the moment.
#[derive(Debug, Default)]
pub(super) struct Outage(Mutex<Option<Failing>>);

#[derive(Debug)]
struct Failing {
    began: Instant,
    scrapes: u64,
}

impl Outage {
    /// One scrape is over: it failed, or succeeded. That nothing is answered after a shutdown is no failure.
    pub(super) fn ended(&self, error: Option<&RenderError>) {
        if error == Some(&RenderError::ShutDown) {
            return;
        }
        let mut failing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (error, &mut *failing) {
            (None, None) => {}
            (None, Some(Failing { began, scrapes })) => {
                tracing::info!("scrapes work again after {scrapes} failed ones in {:.0?}", began.elapsed());
                *failing = None;
            }
            (Some(error), None) => {
                tracing::error!("scrapes fail, and are answered with 503: {error}; the next line tells when they work");
                *failing = Some(Failing { began: Instant::now(), scrapes: 1 });
            }
            (Some(_), Some(Failing { scrapes, .. })) => *scrapes += 1,
        }
    }
}
