//! A small key-management server whose handlers are instrumented with kms-metrics.
//!
//! ```text
//! OTEL_TELEMETRY_COLLECTION_ENABLED=true OTEL_EXPORT_TYPE=prometheus cargo run --example kms-server
//! ```
//!
//! What to look at: the `#[kms_metric(..)]` attributes in [`secrets`], [`auth`], [`sync`] and [`kmip`]; where they
//! take their attributes from in [`context`]; the layer in [`routes`]; the start and the end in this file.

#![forbid(unsafe_code)]
// A program has no outside: `pub` says what its modules offer each other.
#![allow(unreachable_pub)]

mod app;
mod auth;
mod banner;
mod config;
mod context;
mod crypto;
mod demo;
mod destination;
mod error;
mod kmip;
mod model;
mod routes;
mod secrets;
mod seed;
mod steps;
mod store;
mod sync;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use kms_metrics::{InitError, Telemetry};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::app::App;
use crate::config::{Config, Invocation};
use crate::crypto::{RootKey, Vault};
use crate::store::Store;
use crate::sync::RemoteStores;

/// How often a taken metrics port is tried again.
const RETRY_BIND: Duration = Duration::from_secs(10);

/// The parts of a shutdown, in their order. Together with what is started on the way they stay below `LAST_RESORT`.
const FINISH_REQUESTS: Duration = Duration::from_secs(3);
const FINISH_BLOCKING: Duration = Duration::from_secs(1);
const FLUSH_METRICS: Duration = Duration::from_secs(4);
const LAST_RESORT: Duration = Duration::from_secs(9);

fn main() -> ExitCode {
    let demo = match config::parse_arguments(std::env::args_os().skip(1)) {
        Ok(Invocation::Serve { demo }) => demo,
        Ok(Invocation::Help) => {
            println!("{}", config::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("kms-server: {error}\n\n{}", config::USAGE);
            return ExitCode::from(2);
        }
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();

    // A wrong configuration stops the program. A taken port does not, it is tried again: a KMS must not stay down for its
    // metrics. Nor does anything else.
    let telemetry =
        match Telemetry::builder().service_version(env!("CARGO_PKG_VERSION")).from_env().retry_bind(RETRY_BIND).build()
        {
            Ok(telemetry) => Some(telemetry),
            Err(error @ InitError::Config(_)) => {
                eprintln!("kms-server: {error}");
                return ExitCode::from(2);
            }
            Err(error) => {
                tracing::error!(%error, "no metrics; serving without");
                None
            }
        };
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(error) => {
            eprintln!("kms-server: {error}");
            return ExitCode::from(2);
        }
    };
    let result = run(config, demo, telemetry.as_ref());
    if let Some(Err(error)) = telemetry.map(|telemetry| telemetry.shutdown_with_timeout(FLUSH_METRICS)) {
        tracing::warn!(%error, "the last metrics were not delivered");
    }
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kms-server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(config: Config, demo: bool, telemetry: Option<&Telemetry>) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        let listener = TcpListener::bind(config.address)
            .await
            .map_err(|error| format!("cannot listen on {}: {error}", config.address))?;
        let store = Store::open(&config.data)?;
        let (key, said) = match config.root_key {
            Some(key) => (key, "from KMS_SERVER_ROOT_KEY".to_owned()),
            None => RootKey::from_file_beside(&config.data)
                .map_err(|error| format!("the root key beside {}: {error}", config.data.display()))?,
        };
        let app = App::new(store, Vault::new(&key), RemoteStores::new(destination::start().await?)?);
        app.blocking(seed::prepare).await?;
        let address = listener.local_addr()?;
        banner::print(address, &said, &config.data.display().to_string(), telemetry);
        let metrics = telemetry.and_then(Telemetry::prometheus_address);
        let metrics = metrics.map(|address| format!("{}/metrics", banner::url(address)));
        let demo = demo.then(|| tokio::spawn(demo::run(banner::url(address), metrics)));
        let stop = async {
            stop_signal().await;
            if let Some(demo) = demo {
                demo.abort();
            }
        };
        serve(app, listener, stop).await
    });
    runtime.shutdown_timeout(FINISH_BLOCKING);
    result
}

/// Serves until `stop`; requests that are under way then have a little time left.
async fn serve(app: App, listener: TcpListener, stop: impl Future<Output = ()>) -> Result<(), Box<dyn Error>> {
    let (stopping, mut stopped) = tokio::sync::watch::channel(false);
    let service = routes::router(app).into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        // An error means that the sender is gone, and with it the server.
        let _ = stopped.wait_for(|stop| *stop).await;
    });
    let deadline = async {
        stop.await;
        tracing::info!("stopping");
        let _ = stopping.send(true);
        tokio::time::sleep(FINISH_REQUESTS).await;
    };
    tokio::select! {
        result = server => result?,
        () = deadline => tracing::warn!("some requests were not finished"),
    }
    Ok(())
}

/// Ctrl-C or SIGTERM. From then on the process ends in less than ten seconds, whatever hangs.
async fn stop_signal() {
    #[cfg(unix)]
    {
        let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        match terminate {
            Ok(mut terminate) => tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            },
            Err(_) => drop(tokio::signal::ctrl_c().await),
        }
    }
    #[cfg(not(unix))]
    drop(tokio::signal::ctrl_c().await);
    std::thread::spawn(|| {
        std::thread::sleep(LAST_RESORT);
        eprintln!("kms-server: it does not stop by itself");
        std::process::exit(1);
    });
}
