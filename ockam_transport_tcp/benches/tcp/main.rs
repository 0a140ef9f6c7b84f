//! What a message between two nodes costs over loopback TCP, next to what it costs in raw tokio.
//!
//! ```text
//! cargo bench -p ockam_transport_tcp --bench tcp                          everything, as a table
//! cargo bench -p ockam_transport_tcp --bench tcp -- tcp_echo --json       one workload, as JSON
//! cargo bench -p ockam_transport_tcp --bench tcp -- --quick               does it all still work?
//! cargo bench -p ockam_transport_tcp --bench tcp -- one_way_64 --ops 9000 one run, to be counted
//! ```
//!
//! Every workload has a floor beside it: the same bytes over one `TcpStream` of tokio, without
//! addresses, routes or workers. Both sides run in one process, in turns, and both ends of a
//! connection share the two threads of one runtime. The command line, the comparison and the table
//! are those of the bench of the node.

#[path = "../../../ockam_node/benches/messaging/allocator.rs"]
mod allocator;
#[path = "../../../ockam_node/benches/messaging/compare.rs"]
mod compare;
#[path = "../../../ockam_node/benches/messaging/options.rs"]
mod options;
#[path = "../../../ockam_node/benches/messaging/report.rs"]
mod report;
#[path = "../../../ockam_node/benches/messaging/side.rs"]
mod side;
mod workload;

use options::{Command, Effort};
use std::process::ExitCode;
use workload::Workload;

/// How this program is run.
const COMMAND: &str = "cargo bench -p ockam_transport_tcp --bench tcp";

/// The result of everything here: errors are only ever printed.
type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    match Command::parse(std::env::args().skip(1)).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Help => print!("{}", options::usage()),
        Command::Measure { workloads, effort, json } => measure(&workloads, effort, json)?,
        Command::RunOnce { workload, ops, floor } => {
            let side = if floor { workload.run_floor } else { workload.run_ours };
            let time = side(ops)?;
            println!("{}: {ops} operations in {time:?}", workload.name);
        }
    }
    Ok(())
}

fn measure(workloads: &[&Workload], effort: Effort, json: bool) -> Result<()> {
    if !json {
        println!("{}", report::titles());
    }
    for workload in workloads {
        let row = (workload.measure)(workload, effort)?;
        println!("{}", if json { row.json() } else { row.line() });
    }
    Ok(())
}
