mod metrics {
    kms_metrics::metrics! {
        operation lease Lease {
            /// Leases
            counter "acme.leases" "{lease}" sometimes { required kms.organization.id; }
        }
    }
}

fn main() {}
