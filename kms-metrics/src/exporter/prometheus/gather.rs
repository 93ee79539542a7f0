//! One gathering at a time, off the listener's thread, shared by everybody who asks meanwhile.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::body::Bytes;
use tokio::sync::watch;

use super::exposition::Exposition;
use super::outage::Outage;
use crate::exporter::RenderError;

/// How long a scraper is kept waiting. Prometheus gives up after ten seconds by default, and after a minute at most in
/// any sane setting; what hangs longer is a callback that will never return.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The text, which clones without copying.
pub(super) type Gathered = Result<Bytes, RenderError>;

/// Gives every scraper a text, and gathers as seldom as that allows.
#[derive(Debug)]
pub(super) struct Gatherer {
    exposition: Arc<Exposition>,
    under_way: Mutex<Option<watch::Receiver<Option<Gathered>>>>,
    longest_wait: Duration,
    outage: Outage,
}

impl Gatherer {
    pub(super) fn new(exposition: Arc<Exposition>) -> Arc<Self> {
        Arc::new(Self {
            exposition,
            under_way: Mutex::new(None),
            longest_wait: LONGEST_WAIT,
            outage: Outage::default(),
        })
    }

    /// The text of the gathering that is under way, or of a new one. Must be called on a Tokio runtime.
    pub(super) async fn gather(self: &Arc<Self>) -> Gathered {
        let gathered = self.wait().await;
        self.outage.ended(gathered.as_ref().err());
        gathered
    }

    async fn wait(self: &Arc<Self>) -> Gathered {
        let mut result = self.join();
        match tokio::time::timeout(self.longest_wait, result.wait_for(Option::is_some)).await {
            Ok(Ok(gathered)) => match &*gathered {
                Some(gathered) => gathered.clone(),
                None => Err(lost()),
            },
            Ok(Err(_)) => Err(lost()),
            Err(_) => Err(RenderError::Collecting(format!("collecting takes longer than {:?}", self.longest_wait))),
        }
    }

    fn join(self: &Arc<Self>) -> watch::Receiver<Option<Gathered>> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        match &*under_way {
            Some(result) if result.has_changed().is_ok() => return result.clone(),
            // The sender went away and left this behind, so that gathering came to nothing: a new one.
            _ => {}
        }
        let (sender, result) = watch::channel(None);
        *under_way = Some(result.clone());
        let this = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            let gathered = this.exposition.render().map(Bytes::from);
            // First out of the way, then published: whoever comes after the publication gets a fresh one.
            *this.under_way.lock().unwrap_or_else(PoisonError::into_inner) = None;
            sender.send_replace(Some(gathered));
        });
        result
    }
}

fn lost() -> RenderError {
    RenderError::Collecting("the collecting thread ended early".to_owned())
}

#[cfg(test)]
mod tests {
    use opentelemetry_sdk::metrics::SdkMeterProvider;

    use super::*;

    #[test]
    fn after_a_gathering_that_was_lost_the_next_scrape_begins_another() {
        let (exposition, reader) = Exposition::new().unwrap();
        let _provider = SdkMeterProvider::builder().with_reader(reader).build();
        let gatherer = Gatherer::new(Arc::new(exposition));
        let (lost, result) = watch::channel(None);
        *gatherer.under_way.lock().unwrap() = Some(result);
        drop(lost);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        assert!(runtime.block_on(gatherer.gather()).is_ok());
    }
}
