use kms_metrics::ErrorType;

#[derive(ErrorType)]
#[metric(transparent)]
enum Error {
    #[metric(error_typ = "not_found")]
    NotFound,
    #[metric(message = "no")]
    Message,
    #[metric(failure = "refused")]
    Refused,
    #[metric(crate = kms_metrics)]
    Misplaced,
    Field(#[metric(status_code = 404)] u16),
}

fn main() {
    println!("{}", Error::NotFound.error_type());
}
