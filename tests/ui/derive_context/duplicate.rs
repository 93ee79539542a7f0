use kms_metrics::MetricContext;

#[derive(MetricContext)]
struct Context {
    #[metric(user_id, user_id)]
    id: String,
    #[metric(user_id)]
    other: String,
    #[metric(actor)]
    session: String,
    #[metric(project)]
    job: String,
    #[metric(project, project_id)]
    project: String,
}

fn main() {}
