//! One gathering at a time, off the listener's thread, shared by everybody who asks meanwhile.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::body::Bytes;
use tokio::sync::watch;

use super::exposition::Exposition;
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
}

impl Gatherer {
    pub(super) fn new(exposition: Arc<Exposition>) -> Arc<Self> {
        Arc::new(Self { exposition, under_way: Mutex::new(None), longest_wait: LONGEST_WAIT })
    }

    /// The text of the gathering that is under way, or of a new one. Must be called on a Tokio runtime.
    pub(super) async fn gather(self: &Arc<Self>) -> Gathered {
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
        if let Some(result) = &*under_way {
            return result.clone();
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
