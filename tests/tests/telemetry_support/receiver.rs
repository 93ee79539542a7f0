//! An OTLP receiver on a real socket, which can misbehave.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric, number_data_point};
use prost::Message;

/// What it answers to the next request.
#[derive(Clone, Debug)]
pub(crate) enum Behaviour {
    Accept,
    Reject { data_points: i64 },
    Status(u16),
    Redirect { to: String },
    WebPage,
    Endless,
    Hang,
    Slow(Duration),
    Reset,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn push(&self) -> ExportMetricsServiceRequest {
        ExportMetricsServiceRequest::decode(self.body.as_slice()).unwrap()
    }

    pub(crate) fn resource(&self, key: &str) -> Option<String> {
        let push = self.push();
        let resource = push.resource_metrics[0].resource.as_ref()?;
        resource.attributes.iter().find(|attribute| attribute.key == key).map(text)
    }

    pub(crate) fn metric(&self, name: &str) -> Option<Metric> {
        let scopes = self.push().resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
        scopes.flat_map(|scope| scope.metrics).find(|metric| metric.name == name)
    }

    /// The sum over all series of a counter whose attributes include `with`.
    pub(crate) fn sum(&self, name: &str, with: &[(&str, &str)]) -> Option<i64> {
        let Some(metric::Data::Sum(sum)) = self.metric(name)?.data else { panic!("{name} is no sum") };
        let has = |attributes: &[KeyValue]| {
            with.iter().all(|(key, value)| attributes.iter().any(|found| found.key == *key && text(found) == *value))
        };
        let points = sum.data_points.iter().filter(|point| has(&point.attributes));
        let values = points.map(|point| match point.value {
            Some(number_data_point::Value::AsInt(value)) => value,
            ref other => panic!("{other:?}"),
        });
        Some(values.sum())
    }
}

fn text(attribute: &KeyValue) -> String {
    match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(any_value::Value::StringValue(text)) => text.clone(),
        other => format!("{other:?}"),
    }
}

/// Listens until the process ends.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    behaviour: Behaviour,
    received: Vec<Received>,
}

impl Receiver {
    pub(crate) fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Mutex::new(Shared { behaviour, received: Vec::new() }));
        let receiver = Self { address, shared };
        let this = receiver.clone();
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let this = this.clone();
                thread::spawn(move || this.serve(connection));
            }
        });
        receiver
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}/v1/metrics", self.address)
    }

    pub(crate) fn behave(&self, behaviour: Behaviour) {
        self.shared.lock().unwrap().behaviour = behaviour;
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared.lock().unwrap().received.clone()
    }

    pub(crate) fn last(&self) -> Received {
        self.received().pop().expect("nothing was received")
    }

    fn serve(&self, connection: TcpStream) {
        let mut reader = BufReader::new(connection.try_clone().unwrap());
        while let Ok(Some(request)) = read(&mut reader) {
            let behaviour = {
                let mut shared = self.shared.lock().unwrap();
                shared.received.push(request);
                shared.behaviour.clone()
            };
            if answer(&connection, &behaviour).is_err() {
                return;
            }
        }
    }
}

fn read(reader: &mut impl BufRead) -> io::Result<Option<Received>> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let headers: Vec<_> = head[1..]
        .iter()
        .map(|line| line.split_once(':').unwrap())
        .map(|(key, value)| (key.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(key, _)| key == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Received { line: head[0].clone(), headers, body }))
}

fn answer(mut connection: &TcpStream, behaviour: &Behaviour) -> io::Result<()> {
    let plain = |status: u16, headers: &str, body: &[u8]| {
        let mut answer = format!("HTTP/1.1 {status} -\r\nContent-Length: {}\r\n{headers}\r\n", body.len()).into_bytes();
        answer.extend_from_slice(body);
        answer
    };
    let protobuf = |rejected_data_points: i64| {
        let partial = (rejected_data_points > 0)
            .then(|| ExportMetricsPartialSuccess { rejected_data_points, error_message: "too old".to_owned() });
        let body = ExportMetricsServiceResponse { partial_success: partial }.encode_to_vec();
        plain(200, "Content-Type: application/x-protobuf\r\n", &body)
    };
    match behaviour {
        Behaviour::Accept => connection.write_all(&protobuf(0)),
        Behaviour::Reject { data_points } => connection.write_all(&protobuf(*data_points)),
        Behaviour::Status(status) => connection.write_all(&plain(*status, "", b"no")),
        Behaviour::Redirect { to } => connection.write_all(&plain(307, &format!("Location: {to}\r\n"), b"")),
        Behaviour::WebPage => {
            connection.write_all(&plain(200, "Content-Type: text/html; charset=utf-8\r\n", b"<h1>Welcome</h1>"))
        }
        Behaviour::Endless => {
            connection.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            loop {
                connection.write_all(&[b'x'; 4096])?;
            }
        }
        Behaviour::Hang => {
            thread::sleep(Duration::from_secs(3600));
            Ok(())
        }
        Behaviour::Slow(delay) => {
            thread::sleep(*delay);
            connection.write_all(&protobuf(0))
        }
        Behaviour::Reset => Err(io::ErrorKind::ConnectionReset.into()),
    }
}
