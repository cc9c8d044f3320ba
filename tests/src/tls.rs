//! TLS in front of servers that speak plain HTTP, with certificates that no machine trusts unless
//! it is told to.

use std::path::Path;
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// Another way to a server, by https. It ends when it is dropped.
pub struct TlsFront {
    /// Its address, `https://localhost:port`.
    pub url: String,
    task: JoinHandle<()>,
}

impl TlsFront {
    /// A way to the server at this address. The certificate that it shows is written to a file.
    pub async fn start(server: &str, file: &Path) -> Self {
        let server = server.trim_start_matches("http://").to_owned();
        let acceptor = certificate(file);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let port = listener.local_addr().expect("a listener has an address").port();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, acceptor.clone(), server.clone()));
            }
        });
        Self { url: format!("https://localhost:{port}"), task }
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Makes a certificate for `localhost` and writes it to a file; answers what a server needs that
/// shows it.
pub fn certificate(file: &Path) -> TlsAcceptor {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
    let made = made.expect("a certificate can be made");
    std::fs::write(file, made.cert.pem()).expect("a file can be written");
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .expect("the key is that of the certificate");
    Arc::new(config).into()
}

async fn pass(client: TcpStream, acceptor: TlsAcceptor, server: String) {
    // Whoever does not like the certificate, or has heard enough, hangs up.
    if let Ok(mut client) = acceptor.accept(client).await
        && let Ok(mut server) = TcpStream::connect(server).await
    {
        let _ = copy_bidirectional(&mut client, &mut server).await;
    }
}
