//! The thread that listens, with a runtime of its own: the application may have any, or none.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio_io_timeout::TimeoutStream;

use super::answer::answer;
use super::bind::bind;
use super::exposition::Exposition;
use super::gather::Gatherer;
use crate::config::PrometheusConfig;

/// What a client may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Connections at a time.
    connections: usize,
    /// How long a request's head may take, and a connection may idle between two requests.
    head_timeout: Duration,
    /// How long an answer may be stuck because the client does not read on.
    write_timeout: Duration,
    /// The largest request head, in bytes.
    head_size: usize,
    /// The most request headers.
    headers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // One Prometheus needs one; the rest is for its replicas, and for people with curl.
            connections: 64,
            head_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(10),
            head_size: 16 << 10,
            headers: 64,
        }
    }
}

/// Pause after a failed `accept`, which most often means that the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The ports, open or still to be opened.
#[derive(Debug)]
pub(super) enum Sockets {
    /// They are open.
    Open(Vec<TcpListener>),
    /// They could not be opened, and are tried again.
    Later { config: PrometheusConfig, every: Duration },
}

/// The endpoint's thread.
#[derive(Debug)]
pub(super) struct Listener {
    address: Arc<OnceLock<SocketAddr>>,
    stop: Mutex<Option<watch::Sender<()>>>,
    /// Nothing is ever sent: it disconnects when the ports are closed.
    ended: Mutex<mpsc::Receiver<Infallible>>,
}

impl Listener {
    pub(super) fn start(sockets: Sockets, exposition: Arc<Exposition>, limits: Limits) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .thread_name("kms-metrics-gather")
            .build()?;
        let address = Arc::new(OnceLock::new());
        if let Sockets::Open(listeners) = &sockets {
            publish(&address, listeners);
        }
        let (stop, stopped) = watch::channel(());
        let (ending, ended) = mpsc::channel::<Infallible>();
        let listener = Self { address: Arc::clone(&address), stop: Mutex::new(Some(stop)), ended: Mutex::new(ended) };
        thread::Builder::new().name("kms-metrics-scrape".to_owned()).spawn(move || {
            runtime.block_on(listen(sockets, address, stopped, Gatherer::new(exposition), limits));
            // A callback that never returns must not keep this thread.
            runtime.shutdown_background();
            drop(ending);
        })?;
        Ok(listener)
    }

    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.address.get().copied()
    }

    /// Closes the ports and every connection; whether that was done by `deadline`.
    pub(super) fn stop(&self, deadline: Instant) -> bool {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).take();
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let left = deadline.saturating_duration_since(Instant::now());
        matches!(ended.recv_timeout(left), Err(mpsc::RecvTimeoutError::Disconnected))
    }
}

fn publish(address: &OnceLock<SocketAddr>, listeners: &[TcpListener]) {
    if let Some(Ok(first)) = listeners.first().map(TcpListener::local_addr) {
        address.get_or_init(|| first);
    }
}

/// Until the sender of `stopped` is dropped; then everything that was spawned goes with the runtime.
async fn listen(
    sockets: Sockets,
    address: Arc<OnceLock<SocketAddr>>,
    mut stopped: watch::Receiver<()>,
    gatherer: Arc<Gatherer>,
    limits: Limits,
) {
    let listeners = match sockets {
        Sockets::Open(listeners) => listeners,
        Sockets::Later { config, every } => {
            let Some(listeners) = open_later(&config, every, &mut stopped).await else { return };
            publish(&address, &listeners);
            if let Some(address) = address.get() {
                tracing::info!("metrics can be scraped now, at http://{address}/metrics");
            }
            listeners
        }
    };
    let places = Arc::new(Semaphore::new(limits.connections));
    for listener in listeners {
        match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => drop(tokio::spawn(accept(listener, Arc::clone(&places), Arc::clone(&gatherer), limits))),
            Err(error) => tracing::warn!("metrics cannot be scraped: {error}"),
        }
    }
    let _stopped = stopped.changed().await;
}

/// The ports, as soon as they can be had; `None` when stopped before.
async fn open_later(
    config: &PrometheusConfig,
    every: Duration,
    stopped: &mut watch::Receiver<()>,
) -> Option<Vec<TcpListener>> {
    loop {
        if tokio::time::timeout(every, stopped.changed()).await.is_ok() {
            return None;
        }
        match bind(config) {
            Ok(listeners) => return Some(listeners),
            Err(error) => tracing::debug!("metrics cannot be scraped yet: {error}"),
        }
    }
}

/// Takes a place first and a connection then: at the bound, newcomers wait in the kernel until a place is free, which
/// the time-outs see to: of a request's head, of a gathering ([`Gatherer`]'s own), and of an answer that is not read.
async fn accept(listener: tokio::net::TcpListener, places: Arc<Semaphore>, gatherer: Arc<Gatherer>, limits: Limits) {
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let gatherer = Arc::clone(&gatherer);
                tokio::spawn(async move {
                    serve(stream, gatherer, limits).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::debug!("a scraper's connection was not accepted: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, gatherer: Arc<Gatherer>, limits: Limits) {
    let service = service_fn(move |request| {
        let answer = answer(request, Arc::clone(&gatherer));
        async { Ok::<_, Infallible>(answer.await) }
    });
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write_timeout));
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_buf_size(limits.head_size)
        .max_headers(limits.headers)
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
        .await;
    if let Err(error) = served {
        tracing::debug!("a scraper's connection ended early: {error}");
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    use opentelemetry::KeyValue;
    use opentelemetry::metrics::MeterProvider as _;
    use opentelemetry_sdk::metrics::SdkMeterProvider;
    use socket2::{Domain, Socket, Type};

    use super::*;

    fn start(limits: Limits) -> Listener {
        let (exposition, _reader) = Exposition::new().unwrap();
        start_with(exposition, limits)
    }

    fn start_with(exposition: Exposition, limits: Limits) -> Listener {
        let config = PrometheusConfig { host: Some("127.0.0.1".to_owned()), port: 0 };
        Listener::start(Sockets::Open(bind(&config).unwrap()), Arc::new(exposition), limits).unwrap()
    }

    fn connect(listener: &Listener) -> TcpStream {
        let connection = TcpStream::connect(listener.address().unwrap()).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        connection
    }

    fn answer(mut connection: TcpStream) -> String {
        connection.write_all(b"GET /healthz HTTP/1.1\r\nHost: kms\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn a_connection_that_says_nothing_is_closed() {
        let listener = start(Limits { head_timeout: Duration::from_millis(200), ..Limits::default() });
        let (silent, dripping) = (connect(&listener), connect(&listener));
        (&dripping).write_all(b"GET /metr").unwrap();
        for mut connection in [silent, dripping] {
            let mut said = Vec::new();
            connection.read_to_end(&mut said).unwrap();
        }
        assert!(answer(connect(&listener)).starts_with("HTTP/1.1 200"));
    }

    #[test]
    fn at_the_bound_a_newcomer_waits_for_a_place() {
        let limits = Limits { connections: 2, head_timeout: Duration::from_secs(3600), ..Limits::default() };
        let listener = start(limits);
        let (first, _second) = (connect(&listener), connect(&listener));
        let newcomer = connect(&listener);
        let waiting = thread::spawn(move || answer(newcomer));
        thread::sleep(Duration::from_millis(300));
        assert!(!waiting.is_finished());
        drop(first);
        assert!(waiting.join().unwrap().starts_with("HTTP/1.1 200"));
    }

    #[test]
    fn a_client_that_does_not_read_gives_its_place_up() {
        let (exposition, reader) = Exposition::new().unwrap();
        let provider = SdkMeterProvider::builder().with_reader(reader).build();
        // More than the kernel buffers for a client that does not read.
        let long = KeyValue::new("long", "x".repeat(16 << 20));
        provider.meter("test").u64_counter("big").build().add(1, &[long]);
        let limits = Limits { connections: 1, write_timeout: Duration::from_millis(200), ..Limits::default() };
        let listener = start_with(exposition, limits);

        let deaf = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        deaf.set_recv_buffer_size(4 << 10).unwrap();
        deaf.connect(&listener.address().unwrap().into()).unwrap();
        (&deaf).write_all(b"GET /metrics HTTP/1.1\r\nHost: kms\r\n\r\n").unwrap();
        thread::sleep(Duration::from_millis(100));
        assert!(answer(connect(&listener)).starts_with("HTTP/1.1 200"));
        drop(deaf);
    }

    #[test]
    fn stopping_closes_the_port_and_the_connections() {
        let listener = start(Limits::default());
        let mut open = connect(&listener);
        assert!(listener.stop(Instant::now() + Duration::from_secs(60)));
        assert!(matches!(open.read(&mut [0]), Ok(0) | Err(_)));
        assert!(TcpStream::connect(listener.address().unwrap()).is_err());
    }
}
