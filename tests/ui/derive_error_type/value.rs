use kms_metrics::ErrorType;

const CLASS: &str = "class";

#[derive(ErrorType)]
#[metric(name = "a message with spaces")]
enum Error {
    #[metric(error_type = "NotFound")]
    NotFound,
    #[metric(error_type = "")]
    Empty,
    #[metric(error_type = "it could not be found: {0}")]
    Message(String),
    #[metric(error_type = CLASS)]
    NoLiteral,
    #[metric(error_type)]
    NoValue,
    #[metric(status_code = 42)]
    TooLow,
    #[metric(status_code = 600u8)]
    TooHigh,
    #[metric(status_code = "404")]
    NoInteger,
    #[metric(name = "")]
    NoName,
    Größe,
}

fn main() {
    println!("{}", Error::Empty.error_type());
}
