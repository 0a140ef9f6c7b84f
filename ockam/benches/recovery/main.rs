//! How long a secure channel over a relay takes to work again after one of the three processes was
//! killed, or stood still, or the network between them was down.
//!
//! ```text
//! cargo bench -p ockam --features file-store --bench recovery -- kill relay --times 20 --down 3
//! cargo bench -p ockam --features file-store --bench recovery -- kill owner
//! cargo bench -p ockam --features file-store --bench recovery -- freeze relay --down 60 --times 3
//! sudo ... --bench recovery -- link --down 30 --times 3       network namespaces, with `ip`
//! sudo ... --bench recovery -- nat --times 3                  and with `nft` and `conntrack`
//! ```
//!
//! A user asks an echoer again and again, through a secure channel with the owner of a relay. What is
//! measured begins when the process is back (it listens; it has begun; it goes on; the network is up)
//! and ends with the first answer behind that. All options of the library are the defaults.
//!
//! | module | owns |
//! |---|---|
//! | `roles` | what each of the three processes does |
//! | `process` | starting, killing and reading them |
//! | `network` | network namespaces |

mod network;
mod process;
mod roles;

use network::Network;
use process::{Process, Signal};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The result of everything here: errors are only ever printed.
type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(180);

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let outcome = match args.first().map(String::as_str) {
        Some("role") => roles::play(&args[1..]),
        Some(what @ ("kill" | "freeze" | "link" | "nat")) => measure(what, &args[1..]),
        // Also when all benchmarks are run.
        _ => {
            println!("recovery: say what happens: kill, freeze, link or nat");
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns the number behind an option.
fn number(args: &[String], name: &str, default: u64) -> Result<u64> {
    match args.iter().position(|arg| arg == name) {
        Some(at) => Ok(args.get(at + 1).ok_or("a number is missing")?.parse()?),
        None => Ok(default),
    }
}

/// The three processes.
struct Scene {
    network: Network,
    dir: PathBuf,
    relay: Process,
    owner: Process,
    user: Process,
}

impl Scene {
    fn start(network: Network) -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("recovery-{}", std::process::id()));
        std::fs::create_dir_all(&dir)?;
        let relay = start_relay(&network)?;
        let owner = start_owner(&network, &dir)?;
        let user = start_user(&network, &dir)?;
        user.await_line("answered", Instant::now(), PATIENCE)?;
        Ok(Scene { network, dir, relay, owner, user })
    }

    fn find(&mut self, name: &str) -> Result<&mut Process> {
        match name {
            "relay" => Ok(&mut self.relay),
            "owner" => Ok(&mut self.owner),
            "user" => Ok(&mut self.user),
            other => Err(format!("{other} is none of relay, owner, user").into()),
        }
    }

    /// Kills a process and starts it again after a while. Returns when it is back.
    fn kill(&mut self, name: &str, down: Duration) -> Result<Instant> {
        self.find(name)?.signal(Signal::Kill)?;
        std::thread::sleep(down);
        let back = match name {
            "relay" => start_relay(&self.network)?,
            "owner" => start_owner(&self.network, &self.dir)?,
            _ => start_user(&self.network, &self.dir)?,
        };
        let process = self.find(name)?;
        *process = back;
        process.await_line("ready", Instant::now() - PATIENCE, PATIENCE)
    }

    /// Stops a process and lets it go on after a while.
    fn freeze(&mut self, name: &str, down: Duration) -> Result<Instant> {
        self.find(name)?.signal(Signal::Stop)?;
        std::thread::sleep(down);
        self.find(name)?.signal(Signal::Continue)?;
        Ok(Instant::now())
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // What is left is in a folder for such things.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn address(network: &Network) -> SocketAddr {
    (network.relay_address().unwrap_or(Ipv4Addr::LOCALHOST), 4713).into()
}

fn start_relay(network: &Network) -> Result<Process> {
    let args = ["relay".to_string(), address(network).to_string()];
    Process::start("relay", network.relay(), &args)
}

fn start_owner(network: &Network, dir: &Path) -> Result<Process> {
    let file = dir.join("owner").display().to_string();
    Process::start("owner", network.owner(), &["owner".into(), address(network).to_string(), file])
}

fn start_user(network: &Network, dir: &Path) -> Result<Process> {
    let file = dir.join("user").display().to_string();
    Process::start("user", network.user(), &["user".into(), address(network).to_string(), file])
}

fn measure(what: &str, args: &[String]) -> Result<()> {
    let name = args.first().map_or("relay", String::as_str).to_string();
    let times = number(args, "--times", 20)?;
    let down = Duration::from_secs(number(args, "--down", 3)?);
    let network = match what {
        "link" => Network::namespaces()?,
        "nat" => Network::behind_nat()?,
        _ => Network::Host,
    };
    let mut scene = Scene::start(network)?;
    let mut taken = Vec::new();
    for round in 1..=times {
        let back = match what {
            "kill" => scene.kill(&name, down)?,
            "freeze" => scene.freeze(&name, down)?,
            "link" => scene.network.interrupt(down)?,
            _ => scene.network.forget()?,
        };
        let answered = scene.user.await_line("answered", back, PATIENCE)?;
        let time = answered.duration_since(back);
        println!("{what} {name} {round}: {} ms", time.as_millis());
        taken.push(time);
        // Other moments of the waits each time, and a channel that has worked for a while.
        std::thread::sleep(Duration::from_millis(6000 + 137 * (round % 17)));
    }
    taken.sort_unstable();
    let ms = |time: Option<&Duration>| time.map_or(0, Duration::as_millis);
    let (median, longest) = (ms(taken.get(taken.len() / 2)), ms(taken.last()));
    println!(
        "{what} {name}, down for {down:?}, {times} times: median {median} ms, longest {longest} ms"
    );
    Ok(())
}
