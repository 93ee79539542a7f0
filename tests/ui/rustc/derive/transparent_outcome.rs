use kms_metrics::Outcome;

struct Secret;

#[derive(Outcome)]
struct Reply(#[metric(transparent)] Option<Secret>);

fn main() {}
