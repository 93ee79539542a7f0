use kms_metrics::ErrorType;

#[derive(ErrorType)]
struct Inner;

#[derive(ErrorType)]
enum Error {
    #[metric(transparent)]
    NoField,
    #[metric(transparent)]
    TwoFields { a: Inner, b: Inner },
    BothFields(#[metric(transparent)] Inner, #[metric(transparent)] Inner),
    #[metric(transparent)]
    SaidTwice(#[metric(transparent)] Inner),
    #[metric(transparent, error_type = "a", status_code = 500)]
    SaysMore(Inner),
    #[metric(transparent = true)]
    WithValue(Inner),
}

fn main() {}
