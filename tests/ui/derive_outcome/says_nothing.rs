use kms_metrics::{Outcome, Verdict};

#[derive(Outcome)]
enum Answer {
    Done,
    #[metric(success)]
    Granted,
    Refused(Verdict),
    #[metric(status_code = 403)]
    Forbidden,
}

#[derive(Outcome)]
struct Reply(Verdict);

fn main() {
    println!("{:?} {:?}", Answer::Done.verdict(), Reply(Verdict::success()).verdict());
}
