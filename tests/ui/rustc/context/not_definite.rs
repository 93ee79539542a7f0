use kms_metrics::{HasProject, Project, kms_metric};

struct Session;

impl HasProject for Session {
    type Project<'a> = Option<Project<'a>>;
    fn project(&self) -> Option<Project<'_>> {
        None
    }
}

#[kms_metric(secret_sync, session, destination = "vault", sync_id = "1")]
fn sync(session: &Session) {}

fn main() {}
