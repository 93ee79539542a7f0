//! Opening the port.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};

use socket2::{Domain, Protocol, Socket, Type};

use crate::config::PrometheusConfig;

/// Connections that the kernel keeps while all places are taken.
const BACKLOG: i32 = 128;

/// Why the port cannot be had.
#[derive(Debug)]
pub(crate) struct BindError {
    /// Address and port, or host name and port.
    pub(crate) address: String,
    /// What the system said.
    pub(crate) source: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot listen on {}: {}", self.address, self.source)
    }
}

/// Listens on every address of the configured host, or on all interfaces.
pub(super) fn bind(config: &PrometheusConfig) -> Result<Vec<TcpListener>, BindError> {
    let addresses = addresses(config).map_err(|source| BindError { address: name(config), source })?;
    match bind_each(addresses) {
        Err(error) if config.host.is_none() && family_is_missing(&error.source) => {
            bind_each(vec![SocketAddr::from((Ipv4Addr::UNSPECIFIED, config.port))])
        }
        bound => bound,
    }
}

/// A family that this machine does not have is passed over as long as one address remains. Where the port is 0, all
/// get the one that the first gets.
fn bind_each(addresses: Vec<SocketAddr>) -> Result<Vec<TcpListener>, BindError> {
    let mut listeners: Vec<TcpListener> = Vec::new();
    let mut missing = None;
    for mut address in addresses {
        if let Some(Ok(first)) = listeners.first().map(TcpListener::local_addr) {
            address.set_port(first.port());
        }
        match listen(address).map_err(|source| BindError { address: address.to_string(), source }) {
            Ok(listener) => listeners.push(listener),
            Err(error) if family_is_missing(&error.source) => missing = Some(error),
            Err(error) => return Err(error),
        }
    }
    match missing {
        Some(error) if listeners.is_empty() => Err(error),
        _ => Ok(listeners),
    }
}

/// The addresses to listen on; without a host, the one that stands for all of them in both families.
pub(super) fn addresses(config: &PrometheusConfig) -> io::Result<Vec<SocketAddr>> {
    let Some(host) = &config.host else { return Ok(vec![SocketAddr::from((Ipv6Addr::UNSPECIFIED, config.port))]) };
    let mut addresses: Vec<_> = (host.as_str(), config.port).to_socket_addrs()?.collect();
    addresses.dedup();
    Ok(addresses)
}

fn name(config: &PrometheusConfig) -> String {
    match &config.host {
        Some(host) if host.contains(':') => format!("[{host}]:{}", config.port),
        Some(host) => format!("{host}:{}", config.port),
        None => format!("[::]:{}", config.port),
    }
}

fn family_is_missing(error: &io::Error) -> bool {
    /// Linux's EAFNOSUPPORT, which std has no stable kind for.
    const ADDRESS_FAMILY_NOT_SUPPORTED: i32 = 97;
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
        || (cfg!(target_os = "linux") && error.raw_os_error() == Some(ADDRESS_FAMILY_NOT_SUPPORTED))
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // `::` means IPv4 as well, on every system.
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    // A restart must not wait for the connections of the one before. Elsewhere than on Unix the option means to share
    // the port with whoever asks.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    fn config(host: Option<&str>, port: u16) -> PrometheusConfig {
        PrometheusConfig { host: host.map(str::to_owned), port }
    }

    #[test]
    fn without_a_host_ipv4_and_ipv6_both_reach_it() {
        let listeners = bind(&config(None, 0)).unwrap();
        let port = listeners[0].local_addr().unwrap().port();
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
            TcpStream::connect((Ipv6Addr::LOCALHOST, port)).unwrap();
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn every_address_of_a_name_gets_the_same_port() {
        // Linux has the whole of 127.0.0.0/8; 192.0.2.1 is for documentation, and nobody's.
        let addresses = ["192.0.2.1:0", "127.0.0.1:0", "127.0.0.2:0"].map(|address| address.parse().unwrap());
        let listeners = bind_each(addresses.to_vec()).unwrap();
        let bound: Vec<_> = listeners.iter().map(|listener| listener.local_addr().unwrap()).collect();
        assert_eq!(bound.len(), 2, "{bound:?}");
        assert_eq!(bound[0].port(), bound[1].port());
    }

    #[test]
    fn an_address_of_another_machine_is_named() {
        let error = bind(&config(Some("192.0.2.1"), 0)).unwrap_err();
        assert_eq!(error.address, "192.0.2.1:0");
    }

    #[test]
    fn a_name_can_be_listened_on() {
        let listeners = bind(&config(Some("localhost"), 0)).unwrap();
        assert!(listeners.iter().all(|listener| listener.local_addr().unwrap().ip().is_loopback()));
    }

    #[test]
    fn a_taken_port_is_named() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let error = bind(&config(Some("127.0.0.1"), address.port())).unwrap_err();
        assert_eq!(error.address, address.to_string());
        assert_eq!(error.source.kind(), io::ErrorKind::AddrInUse);
    }
}
