use kms_metrics::MetricContext;

#[derive(MetricContext)]
struct Context {
    #[metric(organisation_id)]
    id: String,
    #[metric(organization_name)]
    name: String,
    #[metric(colour)]
    colour: String,
    #[metric(usr_id, crate = kms_metrics)]
    user: String,
    #[metric(error_type = "x")]
    class: String,
}

fn supplies<C: kms_metrics::HasOrganization + kms_metrics::HasActor>() {}

fn main() {
    supplies::<Context>();
}
