use kms_metrics::{Outcome, Verdict};

#[derive(Outcome)]
enum Answer {
    #[metric(success, failure = "refused")]
    Both,
    #[metric(not_attempted, status_code = 401)]
    NoAttempt,
    #[metric(success, name = "Granted")]
    Named,
    #[metric(transparent, success)]
    Inner(Verdict),
    #[metric(success)]
    Field(#[metric(transparent)] Verdict),
}

fn main() {}
