use kms_metrics::MetricContext;

#[derive(MetricContext)]
struct Context {
    #[metric(organization_id)]
    organization: String,
    #[metric(project_name)]
    project: String,
    #[metric(user_agent_original)]
    user_agent: Option<String>,
}

fn supplies<C: kms_metrics::HasOrganization + kms_metrics::HasProject + kms_metrics::HasClient>() {}

fn main() {
    supplies::<Context>();
}
