//! What the server says on stdout when it is ready.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use kms_metrics::Telemetry;
use kms_metrics::config::{Config, Export};

use crate::steps;

/// Where a client on this machine reaches an address that somebody listens on.
pub fn url(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        // Listening on all of IPv6 includes IPv4 wherever it can.
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

pub fn print(address: SocketAddr, root_key: &str, data: &str, telemetry: Option<&Telemetry>) {
    let base = url(address);
    println!("kms-server listens on {base}");
    println!("  data:     {data}");
    println!("  root key: {root_key}");
    println!("  metrics:  {}", metrics(telemetry));
    println!();
    println!("# Paste these into a shell, in this order; together they feed every metric.");
    for step in steps::all() {
        println!("# {} ({})", step.title, step.status);
        println!("{}", step.curl(&base));
    }
    if let Some(address) = telemetry.and_then(Telemetry::prometheus_address) {
        println!("# the metrics");
        println!("curl -s '{}/metrics' | grep -v '^#'", url(address));
    }
}

fn metrics(telemetry: Option<&Telemetry>) -> String {
    let Some(telemetry) = telemetry else {
        return "none: see the log".to_owned();
    };
    if let Some(address) = telemetry.prometheus_address() {
        return format!("{}/metrics", url(address));
    }
    match Config::from_env().ok().and_then(|config| config.export) {
        // An endpoint prints itself without what may be secret in it.
        Some(Export::Otlp(otlp)) => format!("pushed to {}", otlp.endpoint),
        Some(_) => "not yet: their port is taken and tried again, see the log".to_owned(),
        None => "off; on with OTEL_TELEMETRY_COLLECTION_ENABLED=true OTEL_EXPORT_TYPE=prometheus".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_address_is_printed_as_one_to_connect_to() {
        assert_eq!(url(([0, 0, 0, 0], 80).into()), "http://127.0.0.1:80");
        assert_eq!(url("[::]:9464".parse().unwrap()), "http://127.0.0.1:9464");
        assert_eq!(url("[::1]:80".parse().unwrap()), "http://[::1]:80");
    }
}
