use kms_metrics::ErrorType;

#[derive(ErrorType)]
union Error {
    a: u8,
    b: i8,
}

fn main() {
    println!("{}", Error { a: 0 }.error_type());
}
