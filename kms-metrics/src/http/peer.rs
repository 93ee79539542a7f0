//! `client.address`: where a request came from.

use std::net::{IpAddr, SocketAddr};

/// The address of the peer that sent a request, in the request's extensions: the value of `client.address`.
///
/// With the feature `axum` its `ConnectInfo<SocketAddr>` does the same, and actix-web knows the peer by itself; this one
/// wins where both are there. Any other server puts it there itself, for each request of a connection:
///
/// ```
/// # #[cfg(feature = "http")]
/// # mod demo {
/// use std::net::SocketAddr;
/// use kms_metrics::http::PeerAddress;
///
/// fn accepted<B>(mut request: http::Request<B>, peer: SocketAddr) -> http::Request<B> {
///     request.extensions_mut().insert(PeerAddress::from(peer));
///     request
/// }
/// # }
/// ```
///
/// It must be the connection's address, or that of a PROXY protocol header from a proxy that is trusted; what an
/// `X-Forwarded-For` or `Forwarded` header claims is a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PeerAddress(pub IpAddr);

impl From<IpAddr> for PeerAddress {
    fn from(address: IpAddr) -> Self {
        Self(address)
    }
}

impl From<SocketAddr> for PeerAddress {
    fn from(address: SocketAddr) -> Self {
        Self(address.ip())
    }
}

/// The client's address: that of the peer. `_headers` is for the day when an operator can name the proxies whose
/// forwarded headers count.
#[cfg(feature = "http")]
pub(super) fn client_address(_headers: &http::HeaderMap, extensions: &http::Extensions) -> Option<IpAddr> {
    let peer = extensions.get::<PeerAddress>().map(|peer| peer.0);
    #[cfg(feature = "axum")]
    let peer =
        peer.or_else(|| extensions.get::<axum::extract::ConnectInfo<SocketAddr>>().map(|connection| connection.0.ip()));
    peer
}
