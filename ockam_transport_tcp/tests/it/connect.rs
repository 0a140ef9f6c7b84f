//! Names, addresses, and what is said when they lead nowhere.

use crate::support::{TcpNode, soon};
use ockam_core::{ErrorKind, MAX_FRAME_LEN, NeutralMessage, route};
use ockam_transport_tcp::{TcpConnectionOptions, TcpListenerOptions};
use std::net::{SocketAddr, TcpListener as StdListener, TcpStream as StdStream};
use std::time::Duration;

#[tokio::test]
async fn a_worker_of_another_node_answers() {
    let (_responder, listener) = TcpNode::echoing().await;
    let initiator = TcpNode::new().await;
    let connection = initiator.connect(&listener).await;
    for _ in 0..3 {
        let ask = initiator
            .ctx
            .send_and_receive::<String>(route![&connection, "echoer"], "Hello".to_string());
        assert_eq!(soon(ask).await.unwrap(), "Hello");
    }
}

#[tokio::test]
async fn hosts_are_found_by_name_and_in_both_families_of_addresses() {
    let node = TcpNode::new().await;
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        let (responder, _) = TcpNode::echoing().await;
        let Ok(listener) = responder.tcp.listen(format!("{host}:0"), Default::default()).await
        else {
            // A machine without IPv6 cannot be asked about it.
            assert_eq!(host, "[::1]");
            assert!(StdListener::bind("[::1]:0").is_err());
            continue;
        };
        responder.ctx.flow_controls().add_consumer("echoer", listener.flow_control_id());
        let port = listener.socket_address().port();
        let connection = node.connect_to(format!("{host}:{port}")).await;
        let ask =
            node.ctx.send_and_receive::<String>(route![connection, "echoer"], host.to_string());
        assert_eq!(soon(ask).await.unwrap(), host);
    }
}

#[tokio::test]
async fn all_addresses_of_a_host_are_tried() {
    // `localhost` has an address in each family where there are both; only one is listened on.
    let node = TcpNode::new().await;
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(socket) = StdListener::bind(address) else { continue };
        let both = std::net::ToSocketAddrs::to_socket_addrs("localhost:0").unwrap();
        if both.into_iter().any(|known| known.ip() == socket.local_addr().unwrap().ip()) {
            let port = socket.local_addr().unwrap().port();
            node.connect_to(format!("localhost:{port}")).await;
        }
    }
}

#[tokio::test]
async fn port_zero_takes_a_free_one_and_says_which() {
    let node = TcpNode::new().await;
    let listener = node.listen(TcpListenerOptions::new()).await;
    assert_ne!(listener.socket_address().port(), 0);
    StdStream::connect(listener.socket_address()).unwrap();
}

#[tokio::test]
async fn a_host_that_refuses_is_an_error_that_names_it_and_says_what_to_do() {
    let node = TcpNode::new().await;
    let free = StdListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = node.tcp.connect(free, TcpConnectionOptions::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(
        error.to_string(),
        format!(
            "cannot connect to {free}: nobody listens there: start the other node first, or \
             correct the address"
        )
    );
    assert!(node.tcp.connections().is_empty());
}

#[tokio::test]
async fn a_host_that_is_unknown_is_an_error_that_names_it() {
    let node = TcpNode::new().await;
    let error = soon(node.tcp.connect("no-such-host.invalid:4000", TcpConnectionOptions::new()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    let text = "cannot connect to no-such-host.invalid:4000: the host name is not known";
    assert!(error.to_string().starts_with(text), "{error}");
}

#[tokio::test]
async fn a_port_in_use_is_an_error_that_names_it_and_says_what_to_do() {
    let node = TcpNode::new().await;
    let taken = node.listen(TcpListenerOptions::new()).await.socket_address();
    let error = node.tcp.listen(taken, TcpListenerOptions::new()).await.unwrap_err();
    let text =
        format!("cannot listen on {taken}: the port is in use: stop the program that has it");
    assert!(error.to_string().starts_with(&text), "{error}");
}

#[tokio::test]
async fn an_address_without_a_port_is_an_error_that_shows_how_to_write_it() {
    let node = TcpNode::new().await;
    for wrong in ["localhost", "localhost:", ":4000", "localhost:http", "127.0.0.1:70000", ""] {
        let error = node.tcp.connect(wrong, TcpConnectionOptions::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(error.to_string().contains("write host:port"), "{error}");
        assert!(error.to_string().contains(&format!("`{wrong}`")), "{error}");
        assert!(node.tcp.listen(wrong, TcpListenerOptions::new()).await.is_err());
    }
}

#[tokio::test]
async fn connecting_takes_no_longer_than_its_options_say() {
    // Whoever comes after the few that wait to be accepted gets no answer.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let node = TcpNode::new().await;
    for _ in 0..20 {
        let options = TcpConnectionOptions::new().with_connect_timeout(Duration::from_millis(200));
        if let Err(error) = node.tcp.connect(address, options).await {
            assert_eq!(error.kind(), ErrorKind::TimedOut);
            let text = format!("cannot connect to {address}: no answer for 200ms");
            return assert_eq!(error.to_string(), text);
        }
    }
    panic!("the system lets all of them wait");
}

#[tokio::test]
async fn bodies_of_all_sizes_come_as_they_were_sent_and_in_order() {
    let options = TcpListenerOptions::new().with_max_frame_len(MAX_FRAME_LEN);
    let (_responder, listener, mut arrived) = TcpNode::collecting(options).await;
    let initiator = TcpNode::new().await;
    let connection = initiator.connect_for_large(listener.socket_address()).await;
    // Smaller, as large as, and larger than what is copied, a batch, and a read.
    let sizes = [0, 1, 100, 4095, 4096, 70_000, 300_000, 3_000_000, 16_000_000, 5, 100_000];
    let send = async {
        for (number, size) in sizes.into_iter().enumerate() {
            let body = NeutralMessage::from(vec![number as u8; size]);
            initiator.ctx.send(route![&connection, "echoer"], body).await.unwrap();
        }
    };
    let receive = async {
        for (number, size) in sizes.into_iter().enumerate() {
            let message = soon(arrived.recv()).await.unwrap();
            assert!(*message.payload() == vec![number as u8; size], "{number}: {size}");
        }
    };
    tokio::join!(send, receive);
}

#[tokio::test]
async fn a_link_local_address_needs_its_interface() {
    let node = TcpNode::new().await;
    for wrong in ["[fe80::1]:4000", "fe80::1:4000"] {
        let connected = node.tcp.connect(wrong, TcpConnectionOptions::new()).await;
        let listening = node.tcp.listen(wrong, TcpListenerOptions::new()).await;
        for error in [connected.map(drop).unwrap_err(), listening.map(drop).unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
            let text = "add its interface by name or number, such as [fe80::1%eth0]:4000";
            assert!(error.to_string().ends_with(text), "{error}");
        }
    }
    let unknown = "[fe80::1%nowhere]:4000";
    let error = node.tcp.connect(unknown, TcpConnectionOptions::new()).await.unwrap_err();
    assert!(error.to_string().contains("no interface `nowhere`"), "{error}");
}
