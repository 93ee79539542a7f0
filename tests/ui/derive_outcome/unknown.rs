use kms_metrics::Outcome;

#[derive(Outcome)]
#[metric(success)]
enum Answer {
    #[metric(sucess)]
    Done,
    #[metric(error_type = "refused")]
    Refused,
    #[metric(denied)]
    Denied,
}

fn main() {
    println!("{:?}", Answer::Done.verdict());
}
