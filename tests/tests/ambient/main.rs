//! What functions deep below the handler know about the request: that of the request that they run for, and nothing
//! else.

mod actix_app;
mod router;
mod scopes;
mod tasks;

use std::pin::Pin;
use std::task::{Context, Poll};

use kms_metrics::ambient::Ambient;
use kms_metrics::testing::Capture;
use kms_metrics::{Actor, HasActor, HasClient, HasOrganization, HasProject, kms_metric};

const READS: &str = "kms.secret.read.count";
const OPERATIONS: &str = "kms.kmip.operation.count";

/// Is passed nothing but what it needs.
#[kms_metric(secret_read, environment = "prod", secret_path = path; ambient)]
fn deep(path: &str) -> usize {
    path.len()
}

/// Organization, project, user or identity, client: all by their ids, `-` for what is absent.
fn known() -> String {
    let ambient = Ambient::current();
    let client = ambient.client();
    let Actor { user_id, identity_id, .. } = ambient.actor();
    let known = [
        ambient.organization().map(|organization| organization.id),
        ambient.project().map(|project| project.id),
        user_id.or(identity_id),
        client.as_ref().map(|client| &*client.address),
    ];
    known.map(|value| value.unwrap_or("-")).join(" ")
}

const NOTHING: &str = "- - - -";

/// One attribute of all series of a metric, in order.
fn all(capture: &Capture, metric: &str, attribute: &str) -> Vec<String> {
    let points = capture.points(metric).into_iter();
    let mut values: Vec<_> = points.map(|point| point.attributes.get(attribute).cloned().unwrap_or_default()).collect();
    values.sort();
    values
}

/// Lets everything else on this thread run first.
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

async fn others_run() {
    Yield(false).await;
}
