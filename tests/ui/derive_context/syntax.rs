use kms_metrics::MetricContext;

#[derive(MetricContext)]
#[metric(crate = "kms_metrics")]
struct Context {
    #[metric]
    a: String,
    #[metric()]
    b: String,
    #[metric = "user_id"]
    c: String,
    #[metric(user_email = "jane@example.com")]
    d: String,
    #[metric("user_id")]
    e: String,
    #[metric(identity_id identity_name)]
    f: String,
    #[metric(user_id =)]
    g: String,
}

fn main() {}
