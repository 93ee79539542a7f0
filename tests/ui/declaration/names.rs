mod metrics {
    kms_metrics::metrics! {
        attributes {
            acme.le: bounded;
            le: bounded;
            otel.scope.name: bounded;
            kms.secret.path: unbounded;
            kms_secret.path: unbounded;
        }

        operation lease Lease {
            /// Leases
            counter "9leases" "{lease}" on success { required kms.organization.id; }
            /// Reads
            counter "kms.secret.read.count" "{lease}" on success { required kms.organization.id; }
        }
    }
}

fn main() {}
