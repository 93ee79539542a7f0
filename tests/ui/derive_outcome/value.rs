use kms_metrics::Outcome;

#[derive(Outcome)]
enum Answer {
    #[metric(failure = "Refused by policy")]
    Refused,
    #[metric(failure = 403)]
    Forbidden,
    #[metric(success = true)]
    Done,
    #[metric(success, status_code = 2000)]
    Status,
    #[metric(failure =)]
    HalfTyped,
}

fn main() {
    println!("{:?}", Answer::Done.verdict());
}
