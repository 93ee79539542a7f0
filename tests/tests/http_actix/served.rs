//! A real server, with real clients that hang up.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{HttpResponse, HttpServer, rt, web};
use kms_metrics::http::actix::Metrics;
use kms_metrics::testing::{self, Point};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::timeout;

use super::*;

type Question = (&'static str, oneshot::Sender<Vec<Point>>);

/// A server on loopback with one worker; the worker's thread has the capture, which answers questions.
struct Served {
    address: SocketAddr,
    capture: mpsc::UnboundedSender<Question>,
    arrived: Arc<Notify>,
    go_on: Arc<Notify>,
}

async fn serve(allow_half_closed: bool) -> Served {
    let (capture, questions) = mpsc::unbounded_channel::<Question>();
    let questions = Arc::new(Mutex::new(Some(questions)));
    let (arrived, go_on) = (Arc::<Notify>::default(), Arc::<Notify>::default());
    let signals = (Arc::clone(&arrived), Arc::clone(&go_on));
    let app = move || {
        if let Some(mut questions) = questions.lock().unwrap().take() {
            let capture = testing::capture();
            rt::spawn(async move {
                while let Some((metric, answer)) = questions.recv().await {
                    let _ = answer.send(capture.points(metric));
                }
            });
        }
        let signals = signals.clone();
        let slow = move || {
            let (arrived, go_on) = signals.clone();
            async move {
                arrived.notify_one();
                go_on.notified().await;
                HttpResponse::Ok().finish()
            }
        };
        App::new()
            .service(web::resource("/slow/{id}").to(slow))
            .service(web::resource("/panics").to(async || -> &'static str { panic!("in the handler") }))
            .wrap(Metrics::new())
    };
    let server = HttpServer::new(app).workers(1).disable_signals().h1_allow_half_closed(allow_half_closed);
    let server = server.bind(("127.0.0.1", 0)).unwrap();
    let address = server.addrs()[0];
    rt::spawn(server.run());
    Served { address, capture, arrived, go_on }
}

/// A future that would wait for ever if what it waits for were broken.
async fn soon<F: Future>(future: F) -> F::Output {
    timeout(Duration::from_secs(10), future).await.expect("it happens")
}

impl Served {
    /// A client that has sent a request.
    async fn client(&self, path: &str) -> TcpStream {
        let mut client = TcpStream::connect(self.address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: kms\r\nUser-Agent: impatient\r\n\r\n");
        client.write_all(request.as_bytes()).await.unwrap();
        client
    }

    async fn points(&self, metric: &'static str) -> Vec<Point> {
        let (sender, answer) = oneshot::channel();
        self.capture.send((metric, sender)).unwrap();
        answer.await.unwrap()
    }

    /// The one recording of a metric, once it is there.
    async fn recorded(&self, metric: &'static str) -> Point {
        let recorded = async {
            loop {
                if let Some(point) = self.points(metric).await.pop() {
                    return point;
                }
                rt::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let point = soon(recorded).await;
        assert_eq!((self.points(metric).await.len(), point.count), (1, 1), "{metric}");
        point
    }

    async fn assert_cancelled(&self) {
        let conventional = self.recorded(CONVENTIONAL).await.attributes;
        assert_eq!(conventional["error.type"], "cancelled");
        assert!(!conventional.contains_key("http.response.status_code"));
        let count = self.recorded(COUNT).await.attributes;
        assert_eq!(count["http.route"], "/slow/{id}");
        assert_eq!(count["http.response.status_code"], "499");
        assert_eq!(count["user_agent.original"], "impatient");
        assert_eq!(count["client.address"], "127.0.0.1");
        assert_eq!(self.recorded(ERRORS).await.attributes["error.type"], "cancelled");
    }
}

#[actix_web::test]
async fn a_connection_that_is_reset_is_a_cancelled_request() {
    let server = serve(true).await;
    let client = server.client("/slow/1").await;
    soon(server.arrived.notified()).await;
    assert!(server.points(COUNT).await.is_empty());
    client.set_zero_linger().unwrap();
    drop(client);
    server.assert_cancelled().await;
}

#[actix_web::test]
async fn a_connection_that_is_closed_is_a_cancelled_request_where_half_closed_ones_are_not_allowed() {
    let server = serve(false).await;
    let client = server.client("/slow/1").await;
    soon(server.arrived.notified()).await;
    assert!(server.points(COUNT).await.is_empty());
    drop(client);
    server.assert_cancelled().await;
}

#[actix_web::test]
async fn a_connection_that_is_closed_is_served_to_the_end_where_half_closed_ones_are_allowed() {
    let server = serve(true).await;
    let client = server.client("/slow/1").await;
    soon(server.arrived.notified()).await;
    drop(client);
    rt::time::sleep(Duration::from_millis(100)).await;
    assert!(server.points(COUNT).await.is_empty());
    server.go_on.notify_one();
    assert_eq!(server.recorded(COUNT).await.attributes["http.response.status_code"], "200");
    assert!(server.points(ERRORS).await.is_empty());
}

#[actix_web::test]
async fn a_panic_in_a_served_request_is_recorded_once_and_the_worker_goes_on() {
    let server = serve(true).await;
    let mut client = server.client("/panics").await;
    let mut answer = Vec::new();
    // The connection ends without an answer.
    let _ = soon(client.read_to_end(&mut answer)).await;
    assert!(answer.is_empty());
    assert_eq!(server.recorded(ERRORS).await.attributes["error.type"], "server_error");
    assert_eq!(server.recorded(CONVENTIONAL).await.attributes["error.type"], "500");
    server.go_on.notify_one();
    let mut head = [0; 15];
    soon(server.client("/slow/1").await.read_exact(&mut head)).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
}
