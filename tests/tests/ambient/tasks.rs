//! What goes on elsewhere knows nothing, unless it is taken along.

use kms_metrics::testing;
use kms_metrics_tests::person;
use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;

use super::*;

const PERSON: &str = "org-1 project-1 user-1 192.0.2.7";

#[tokio::test]
async fn a_task_or_a_thread_does_not_inherit_it() {
    let _on = testing::capture();
    let call = async {
        assert_eq!(tokio::spawn(async { known() }).await.unwrap(), NOTHING);
        assert_eq!(tokio::task::spawn_blocking(known).await.unwrap(), NOTHING);
        assert_eq!(std::thread::spawn(known).join().unwrap(), NOTHING);
    };
    Ambient::of(&person()).scope(call).await;
}

#[tokio::test]
async fn it_can_be_taken_along() {
    let _on = testing::capture();
    let call = async {
        assert_eq!(tokio::spawn(async { known() }.with_current_context()).await.unwrap(), PERSON);
        assert_eq!(tokio::spawn(Ambient::current().scope(async { known() })).await.unwrap(), PERSON);
        let ambient = Ambient::current();
        assert_eq!(tokio::task::spawn_blocking(|| ambient.sync_scope(known)).await.unwrap(), PERSON);
        let context = Context::current();
        let thread = std::thread::spawn(move || {
            let _here = context.attach();
            known()
        });
        assert_eq!(thread.join().unwrap(), PERSON);
    };
    Ambient::of(&person()).scope(call).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_follows_a_task_from_thread_to_thread() {
    let _on = testing::capture();
    let call = || async {
        for _ in 0..50 {
            assert_eq!(known(), PERSON);
            tokio::task::yield_now().await;
        }
    };
    let tasks: Vec<_> = (0..16).map(|_| tokio::spawn(Ambient::of(&person()).scope(call()))).collect();
    for task in tasks {
        task.await.unwrap();
    }
}
