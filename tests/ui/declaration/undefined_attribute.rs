mod metrics {
    kms_metrics::metrics! {
        operation lease Lease {
            /// Leases
            counter "acme.leases" "{lease}" on success { required acme.lease.kind; }
        }
    }
}

fn main() {}
