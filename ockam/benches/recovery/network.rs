//! Where the processes are: on this host, or in network namespaces whose link can be taken down.

use crate::Result;
use std::net::Ipv4Addr;
use std::process::Command;
use std::time::{Duration, Instant};

/// The namespaces of the relay, of the user, and of what is between them.
const RELAY: &str = "recovery-relay";
const USER: &str = "recovery-user";
const ROUTER: &str = "recovery-router";

const RELAY_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 77, 1, 2);

pub(crate) enum Network {
    Host,
    /// The owner is with the relay; the user is elsewhere.
    Namespaces,
}

/// Runs a command line; its words are separated by blanks.
fn run(line: &str) -> Result<()> {
    let mut words = line.split_whitespace();
    let program = words.next().ok_or("the command is empty")?;
    let status = Command::new(program).args(words).status()?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed").into()) }
}

impl Network {
    /// Two namespaces and a router between them.
    pub(crate) fn namespaces() -> Result<Self> {
        let network = Network::Namespaces;
        for namespace in [RELAY, USER, ROUTER] {
            run(&format!("ip netns add {namespace}"))?;
            run(&format!("ip -n {namespace} link set lo up"))?;
        }
        for (namespace, subnet) in [(RELAY, 1), (USER, 2)] {
            let end = format!("rec{subnet}");
            run(&format!(
                "ip -n {ROUTER} link add {end} type veth peer name eth0 netns {namespace}"
            ))?;
            run(&format!("ip -n {ROUTER} addr add 10.77.{subnet}.1/24 dev {end}"))?;
            run(&format!("ip -n {namespace} addr add 10.77.{subnet}.2/24 dev eth0"))?;
            run(&format!("ip -n {ROUTER} link set {end} up"))?;
            run(&format!("ip -n {namespace} link set eth0 up"))?;
            run(&format!("ip -n {namespace} route add default via 10.77.{subnet}.1"))?;
        }
        run(&format!("ip netns exec {ROUTER} sysctl -qw net.ipv4.ip_forward=1"))?;
        Ok(network)
    }

    /// The same, with a router that translates addresses, and drops what belongs to no connection that it
    /// knows.
    pub(crate) fn behind_nat() -> Result<Self> {
        let network = Self::namespaces()?;
        for line in [
            "nft add table ip t",
            "nft add chain ip t post { type nat hook postrouting priority 100 ; }",
            "nft add rule ip t post oifname rec1 masquerade",
            "nft add chain ip t through { type filter hook forward priority 0 ; policy drop ; }",
            "nft add rule ip t through ct state established,related accept",
            "nft add rule ip t through tcp flags & (syn|ack) == syn accept",
        ] {
            run(&format!("ip netns exec {ROUTER} {line}"))?;
        }
        // A segment in the middle does not make a connection known again.
        run(&format!("ip netns exec {ROUTER} sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0"))?;
        Ok(network)
    }

    pub(crate) fn relay_address(&self) -> Option<Ipv4Addr> {
        matches!(self, Network::Namespaces).then_some(RELAY_ADDRESS)
    }

    pub(crate) fn relay(&self) -> Option<&str> {
        matches!(self, Network::Namespaces).then_some(RELAY)
    }

    pub(crate) fn owner(&self) -> Option<&str> {
        self.relay()
    }

    pub(crate) fn user(&self) -> Option<&str> {
        matches!(self, Network::Namespaces).then_some(USER)
    }

    /// Takes the user's link down for a while. Returns when it is up again.
    pub(crate) fn interrupt(&self, down: Duration) -> Result<Instant> {
        run(&format!("ip -n {ROUTER} link set rec2 down"))?;
        std::thread::sleep(down);
        run(&format!("ip -n {ROUTER} link set rec2 up"))?;
        Ok(Instant::now())
    }

    /// Lets the router forget all connections.
    pub(crate) fn forget(&self) -> Result<Instant> {
        run(&format!("ip netns exec {ROUTER} conntrack -F"))?;
        Ok(Instant::now())
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if let Network::Namespaces = self {
            for namespace in [RELAY, USER, ROUTER] {
                // One that is not there is gone.
                let _ = run(&format!("ip netns del {namespace}"));
            }
        }
    }
}
