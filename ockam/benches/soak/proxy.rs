//! A TCP proxy whose connections can be cut.

use crate::Result;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinHandle};

pub(crate) struct Proxy {
    address: SocketAddr,
    open: Arc<Mutex<Vec<AbortHandle>>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Accepts connections and passes their bytes on to `target` and back.
    pub(crate) async fn to(target: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let open = Arc::new(Mutex::new(Vec::<AbortHandle>::new()));
        let all = Arc::clone(&open);
        let accepting = tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let connection = tokio::spawn(async move {
                    if let Ok(mut far) = TcpStream::connect(target).await {
                        // However it ends, both sides see that.
                        let _ = copy_bidirectional(&mut near, &mut far).await;
                    }
                });
                let mut all = lock(&all);
                all.retain(|connection| !connection.is_finished());
                all.push(connection.abort_handle());
            }
        });
        Ok(Proxy { address, open, accepting })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes all connections, with whatever was on its way.
    pub(crate) fn cut(&self) {
        lock(&self.open).drain(..).for_each(|connection| connection.abort());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

fn lock(open: &Mutex<Vec<AbortHandle>>) -> std::sync::MutexGuard<'_, Vec<AbortHandle>> {
    open.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
