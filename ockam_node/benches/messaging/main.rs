//! What a message costs on an Ockam node, next to what it costs in raw tokio.
//!
//! ```text
//! cargo bench -p ockam_node --bench messaging                        everything, as a table
//! cargo bench -p ockam_node --bench messaging -- w2_echo --json      one workload, as JSON
//! cargo bench -p ockam_node --bench messaging -- --quick             does it all still work?
//! cargo bench -p ockam_node --bench messaging -- w2_echo --ops 9000  one run, to be counted
//! ockam_node/benches/instructions.sh                                 instructions per operation
//! ```
//!
//! Every workload has a floor beside it: the same done with one tokio task and one bounded `mpsc`
//! for each worker, typed messages that are moved, and no addresses, no lookup and no routes. Both
//! sides run in one process, in turns, and are driven by a task of the same runtime. So the ratio
//! of their times means something even on a machine that is busy with other things. Instructions
//! and allocations for each operation repeat within a few per cent; watch those.
//!
//! | module | owns |
//! |---|---|
//! | `options`, `report` | the command line, the table |
//! | `side`, `compare` | running one side, running two in turns |
//! | `allocator`, `resident` | counting allocations, reading the size of the process |
//! | `workload` | the workloads, a file each |

mod allocator;
mod compare;
mod options;
mod report;
mod resident;
mod side;
mod workload;

use options::{Command, Effort};
use std::process::ExitCode;
use workload::Workload;

/// How this program is run.
const COMMAND: &str = "cargo bench -p ockam_node --bench messaging";

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
