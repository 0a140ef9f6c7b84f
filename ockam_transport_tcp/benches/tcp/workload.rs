//! The list of workloads, and what they share: two nodes, two sockets.

mod echo;
mod one_way;

use crate::Result;
use crate::compare::compare;
use crate::options::Effort;
use crate::report::Row;
use crate::side::{Side, run_once};
use ockam_core::Worker;
use ockam_node::{Context, NodeBuilder, WorkerBuilder};
use ockam_transport_tcp::{
    TcpConnection, TcpConnectionOptions, TcpListenerOptions, TcpTransportExtension,
};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// One thing that is measured, on both sides.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// How many operations a run has.
    ops: u64,
    /// How many bytes the body of an operation has.
    body: usize,
    /// Runs both sides.
    pub(crate) measure: fn(&Workload, Effort) -> Result<Row>,
    /// Runs Ockam once with so many operations.
    pub(crate) run_ours: fn(u64) -> Result<Duration>,
    /// Runs raw tokio once with so many operations.
    pub(crate) run_floor: fn(u64) -> Result<Duration>,
}

/// All workloads, in the order in which they run.
pub(crate) static WORKLOADS: &[Workload] = &[
    workload::<echo::Ours, echo::Floor>(
        "tcp_echo",
        20_000,
        echo::BODY.len(),
        "an ask there and back, one at a time, written at once; per trip",
    ),
    workload::<one_way::Ours<64>, one_way::Floor<64>>(
        "one_way_64",
        400_000,
        64,
        "bodies of 64 bytes from one node to the other; per message",
    ),
    workload::<one_way::Ours<16_384>, one_way::Floor<16_384>>(
        "one_way_16k",
        20_000,
        16_384,
        "bodies of 16 KiB from one node to the other; per message",
    ),
    workload::<one_way::Ours<1_048_576>, one_way::Floor<1_048_576>>(
        "one_way_1m",
        400,
        1_048_576,
        "bodies of 1 MiB from one node to the other; per message",
    ),
];

const fn workload<O: Side, F: Side>(
    name: &'static str,
    ops: u64,
    body: usize,
    about: &'static str,
) -> Workload {
    let (run_ours, run_floor) = (run_once::<O>, run_once::<F>);
    Workload { name, about, ops, body, measure: measure::<O, F>, run_ours, run_floor }
}

fn measure<O: Side, F: Side>(workload: &Workload, effort: Effort) -> Result<Row> {
    let found = compare::<O, F>(workload.ops, effort)?;
    let bytes = workload.body as f64;
    Ok(Row::new(workload.name)
        .with("ns", found.first_ns)
        .with("floor_ns", found.second_ns)
        .with("ratio", found.ratio())
        .with("allocs", found.first.calls)
        .with("floor_allocs", found.second.calls)
        .with("heap_bytes", found.first.bytes)
        .with("messages_per_s", 1e9 / found.first_ns)
        .with("mb_per_s", bytes * 1e3 / found.first_ns)
        .with("floor_mb_per_s", bytes * 1e3 / found.second_ns))
}

/// Two nodes with a connection between them.
struct Nodes {
    app: Context,
    connection: TcpConnection,
    /// Lives as long as its node is needed.
    _other: Context,
}

impl Nodes {
    /// Starts a worker on the other node and makes it reachable. Mailboxes on the way hold so many
    /// bodies: they are counted in messages, so a program whose messages are large wants fewer.
    async fn new(
        name: &str,
        worker: impl Worker<Context = Context>,
        capacity: u32,
    ) -> Result<Self> {
        let other = NodeBuilder::new().build()?;
        let worker = WorkerBuilder::new(worker).with_address(name);
        worker.with_mailbox_capacity(capacity).start(&other).await?;
        let tcp = other.create_tcp_transport().await?;
        let listener = tcp.listen("127.0.0.1:0", TcpListenerOptions::new()).await?;
        other.flow_controls().add_consumer(name, listener.flow_control_id());
        let app = NodeBuilder::new().build()?;
        let tcp = app.create_tcp_transport().await?;
        let address = listener.socket_address();
        let options = TcpConnectionOptions::new().with_mailbox_capacity(capacity);
        let connection = tcp.connect(address, options).await?;
        Ok(Nodes { app, connection, _other: other })
    }
}

/// Two ends of a connection, as raw tokio has them.
async fn sockets() -> Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let near = TcpStream::connect(listener.local_addr()?).await?;
    let (far, _) = listener.accept().await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    Ok((near, far))
}
