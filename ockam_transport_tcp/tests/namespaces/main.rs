//! What connections do where the network is not the usual one: paths that die, interfaces, ports and
//! names. Each test makes network namespaces of its own, for which it needs root and `ip` on Linux;
//! where there are none it says so and passes.
//!
//! The nodes run in processes of their own, which are this test program again, inside of a namespace.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod network;
mod nodes;

use crate::network::{Namespace, Process, available};

/// In a process that a test started: the part that it plays. Otherwise nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn part() {
    let Ok(part) = std::env::var(network::PART) else {
        return;
    };
    match part.as_str() {
        "server" => nodes::server().await,
        "client" => nodes::client().await,
        "itself" => nodes::itself().await,
        "scope" => nodes::scope().await,
        "two" => nodes::two().await,
        other => panic!("there is no part {other}"),
    }
    println!("done");
}

#[test]
fn a_path_that_dies_without_a_word_ends_connections_on_both_sides() {
    if !available() {
        return;
    }
    // Two nodes, and a router between them that stops to forward.
    let (near, router, far) = (Namespace::new(), Namespace::new(), Namespace::new());
    router.run("echo 1 > /proc/sys/net/ipv4/ip_forward");
    for (node, subnet) in [(&near, "10.77.1"), (&far, "10.77.2")] {
        let port = format!("to{}", subnet.replace('.', ""));
        let other = router.name();
        node.run(&format!("ip link add eth0 type veth peer name {port} netns {other}"));
        node.run(&format!("ip addr add {subnet}.1/24 dev eth0 && ip link set eth0 up"));
        router.run(&format!("ip addr add {subnet}.2/24 dev {port} && ip link set {port} up"));
        node.run(&format!("ip route add default via {subnet}.2"));
    }
    let mut server = Process::start(&far, "server");
    server.hear("listening");
    let mut client = Process::start(&near, "client");
    client.hear("connected");
    server.hear("accepted");

    router.run("echo 0 > /proc/sys/net/ipv4/ip_forward");
    for which in ["busy", "idle"] {
        let why = client.hear(which);
        assert!(why.contains("the path to it is dead"), "{why}");
    }
    server.hear("ended");
    client.hear("done");
    server.hear("done");
}

#[test]
fn a_node_does_not_connect_to_itself_while_nothing_listens() {
    if !available() {
        return;
    }
    let namespace = Namespace::new();
    namespace.run("echo 40000 40003 > /proc/sys/net/ipv4/ip_local_port_range");
    Process::start(&namespace, "itself").hear("done");
}

#[test]
fn a_link_local_address_has_its_interface_by_name_or_by_number() {
    if !available() {
        return;
    }
    let namespace = Namespace::new();
    namespace.run("ip link add eth0 type veth peer name eth1");
    namespace.run("ip link set eth0 up && ip link set eth1 up");
    namespace.run("ip addr add fe80::7/64 dev eth0 nodad");
    Process::start(&namespace, "scope").hear("done");
}

#[test]
fn behind_a_silent_address_of_a_name_the_next_one_answers() {
    if !available() {
        return;
    }
    Process::start(&Namespace::new(), "two").hear("done");
}
