use kms_metrics::MetricContext;

struct Session;

#[derive(MetricContext)]
struct Context {
    #[metric(organization_id, organization_name)]
    organization: u64,
    #[metric(user_id)]
    user: Option<Vec<u8>>,
    #[metric(client_address)]
    peer: [u8; 4],
    #[metric(project)]
    session: Session,
}

fn main() {}
