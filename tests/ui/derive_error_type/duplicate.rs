use kms_metrics::ErrorType;

#[derive(ErrorType)]
enum Error {
    #[metric(error_type = "a", error_type = "b")]
    Twice,
    #[metric(status_code = 400)]
    #[metric(status_code = 401)]
    TwiceAgain,
}

fn main() {}
