use kms_metrics::Outcome;

#[derive(Outcome)]
union Answer {
    a: u8,
    b: i8,
}

fn main() {
    println!("{:?}", Answer { a: 0 }.verdict());
}
