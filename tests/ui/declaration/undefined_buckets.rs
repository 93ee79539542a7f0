mod metrics {
    kms_metrics::metrics! {
        operation lease Lease {
            /// Leases
            histogram "acme.leases" "s" hours { required kms.organization.id; }
        }
    }
}

fn main() {}
