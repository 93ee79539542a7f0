use kms_metrics::MetricContext;

#[derive(MetricContext)]
enum Caller {
    Person {
        #[metric(user_id)]
        id: String,
    },
    Machine {
        #[metric(identity_id)]
        id: String,
    },
    Other {
        #[metric(user_id)]
        id: String,
    },
}

#[derive(MetricContext)]
union Either {
    #[metric(user_id)]
    id: &'static str,
    number: u64,
}

#[derive(MetricContext)]
#[metric(user_id)]
struct Context {
    id: String,
}

fn supplies<C: kms_metrics::HasActor>() {}

fn main() {
    supplies::<Caller>();
    supplies::<Either>();
}
