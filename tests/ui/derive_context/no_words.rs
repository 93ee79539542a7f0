use kms_metrics::MetricContext;

#[derive(MetricContext)]
struct Context {
    organization_id: String,
}

fn main() {}
