//! Prints the catalogue of metrics as JSON: `cargo run -q --example catalogue`.

fn main() {
    println!("{}", kms_metrics::catalogue::to_json());
}
