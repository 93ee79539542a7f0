use kms_metrics::kms_metric;

mod metrics {
    kms_metrics::metrics! {
        attributes {
            /// Kind
            acme.lease.kind: bounded, argument kind;
        }

        operation lease Lease {
            /// Leases
            counter "acme.leases" "{lease}" on success { required acme.lease.kind, kms.organization.id; }
        }
    }
}

#[kms_metric(metrics::Lease, kid = "dynamic")]
fn lease() {}

fn main() {}
