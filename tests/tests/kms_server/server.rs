//! The example server as a child process.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use super::PATIENCE;

/// Collecting for a scrape on a port of the system's choice.
pub(crate) fn pull() -> Vec<(&'static str, &'static str)> {
    vec![
        ("OTEL_TELEMETRY_COLLECTION_ENABLED", "true"),
        ("OTEL_EXPORT_TYPE", "prometheus"),
        ("OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.1"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "0"),
    ]
}

/// Pushing to `endpoint` every second, with the guide's credentials.
pub(crate) fn push(endpoint: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("OTEL_TELEMETRY_COLLECTION_ENABLED", "true"),
        ("OTEL_EXPORT_TYPE", "otlp"),
        ("OTEL_EXPORT_OTLP_ENDPOINT", endpoint),
        ("OTEL_COLLECTOR_BASIC_AUTH_USERNAME", "kms"),
        ("OTEL_COLLECTOR_BASIC_AUTH_PASSWORD", "kms"),
        ("OTEL_OTLP_PUSH_INTERVAL", "1000"),
    ]
}

/// A server with an empty database of its own.
pub(crate) struct Server {
    child: Child,
    folder: PathBuf,
    output: Arc<Mutex<String>>,
}

impl Server {
    pub(crate) fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("kms-server-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).unwrap();
        let mut child = Command::new(binary())
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("KMS_SERVER_ADDR", "127.0.0.1:0")
            .env("KMS_SERVER_DATA", folder.join("kms.redb"))
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(folder.join("log")).unwrap())
            .spawn()
            .unwrap();
        let output = Arc::new(Mutex::new(String::new()));
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let lines = Arc::clone(&output);
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let mut output = lines.lock().unwrap();
                output.push_str(&line);
                output.push('\n');
            }
        });
        Self { child, folder, output }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("kms.redb")
    }

    /// What it has written to stderr.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap()
    }

    /// Where it listens.
    pub(crate) fn address(&mut self) -> SocketAddr {
        self.printed("kms-server listens on http://")
    }

    /// Where its metrics are.
    pub(crate) fn metrics_address(&mut self) -> SocketAddr {
        self.printed("metrics:  http://")
    }

    /// The lines that it prints to be pasted into a shell.
    pub(crate) fn curl_lines(&mut self) -> String {
        self.metrics_address();
        // They are printed at once; the scrape is the last.
        self.wait_for("/metrics' | grep");
        let output = self.output.lock().unwrap();
        output.split_once("# Paste").unwrap().1.split_once('\n').unwrap().1.to_owned()
    }

    fn printed(&mut self, before: &str) -> SocketAddr {
        self.wait_for(before);
        let output = self.output.lock().unwrap();
        let rest = output.split_once(before).unwrap().1;
        rest.split(['\n', '/']).next().unwrap().parse().unwrap()
    }

    fn wait_for(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.output.lock().unwrap().contains(text) {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < deadline, "{ended:?}: {}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
        // The line may still be on its way.
        thread::sleep(Duration::from_millis(20));
    }

    /// SIGTERM, and its exit code.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        let terminated = Command::new("sh").arg("-c").arg(format!("kill {}", self.child.id())).status().unwrap();
        assert!(terminated.success());
        self.wait()
    }

    /// Its exit code.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < deadline, "it does not end: {}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The server, built if it is not there yet: `cargo test --workspace` has built it, `-p kms-metrics-tests` has not.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let build = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "kms-metrics-examples", "--example", "kms-server"])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .status();
        assert!(build.unwrap().success());
        // Beside this test: target/PROFILE/deps/kms_server-….
        let test = std::env::current_exe().unwrap();
        test.ancestors().nth(2).unwrap().join("examples").join("kms-server")
    })
}
