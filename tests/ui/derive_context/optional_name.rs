use kms_metrics::MetricContext;

#[derive(MetricContext)]
struct Context {
    #[metric(project_name)]
    name: Option<String>,
    #[metric(project_id)]
    id: String,
}

fn main() {}
