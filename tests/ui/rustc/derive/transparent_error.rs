use kms_metrics::ErrorType;

#[derive(ErrorType)]
enum Error {
    NotFound,
    #[metric(transparent)]
    Io(std::io::Error),
}

fn main() {}
