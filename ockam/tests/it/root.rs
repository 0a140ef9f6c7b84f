//! The root of the facade: few names, and the paths that programs of 2023 and of 0.150 have.

use std::collections::BTreeSet;

/// How many names may stand at the root, its modules aside.
const MOST_NAMES: usize = 45;

/// Returns the names that a file re-exports.
fn exported(source: &str) -> BTreeSet<&str> {
    let uses = source.split("\npub use ").skip(1).filter_map(|rest| rest.split(';').next());
    let names = uses.flat_map(|path| {
        let list = path.split_once('{').map_or(path, |(_, list)| list.trim_end_matches('}'));
        list.split(',').filter_map(|item| item.trim().rsplit([':', ' ']).next())
    });
    names.filter(|name| !name.is_empty()).collect()
}

#[test]
fn the_root_has_few_names_and_each_is_there_once() {
    let names = exported(include_str!("../../src/lib.rs"));
    assert!(names.contains("Context") && names.contains("TcpTransport"), "{names:?}");
    assert!(!names.contains("*"), "a glob hides how many there are");
    assert!(names.len() <= MOST_NAMES, "{}: {names:?}", names.len());
    let constants = names.iter().filter(|name| name.chars().all(|c| c == '_' || c.is_uppercase()));
    assert_eq!(constants.collect::<Vec<_>>(), [&""; 0], "constants stand with what they limit");
}

/// It compiles: the paths of the table in the documents that older programs were written by.
#[allow(unused_imports)]
mod paths {
    mod the_root {
        use ockam::{
            Address, Any, Context, DelayedEvent, Error, LocalMessage, Mailbox, Mailboxes, Message,
            MessageReceiveOptions, MessageSendReceiveOptions, Node, NodeBuilder, Processor, Result,
            Route, Routed, TransportMessage, Worker, WorkerBuilder, allow, deny, errcode, node,
            route,
        };
        use ockam::{
            RelayService, RelayServiceOptions, TcpConnectionOptions, TcpListenerOptions,
            TcpTransport, TcpTransportExtension,
        };
    }

    mod modules {
        use ockam::access_control::{
            AllowAll, AllowOnwardAddress, AllowOnwardAddresses, AllowSourceAddress,
            AllowSourceAddresses, DenyAll, IdentityAnyIdAccessControl, IdentityIdAccessControl,
            IncomingAccessControl, OutgoingAccessControl,
        };
        use ockam::compat::tokio;
        use ockam::errcode::{Kind, Origin};
        use ockam::flow_control::{FlowControlId, FlowControlOutgoingAccessControl, FlowControls};
        use ockam::identity::{SecureChannel, SecureChannelOptions, TrustEveryonePolicy};
        use ockam::remote::{RemoteRelay, RemoteRelayInfo, RemoteRelayOptions};
        use ockam::tcp::{
            TCP, TcpConnection, TcpConnectionOptions, TcpListener, TcpListenerOptions,
            TcpTransport, TcpTransportExtension,
        };
        use ockam::transport::HostnamePort;
        use ockam::vault::SoftwareVault;
        use ockam::workers::{Echoer, Hop};
    }
}

/// Every handle of a worker stands in routes, owned and borrowed.
#[test]
fn handles_convert_into_addresses_and_routes() {
    use ockam::identity::{SecureChannel, SecureChannelListener};
    use ockam::tcp::{TcpConnection, TcpListener};
    use ockam::{Address, RelayService, Route};

    fn converts<H>()
    where
        H: Into<Address> + Into<Route>,
        for<'a> &'a H: Into<Address> + Into<Route>,
    {
    }
    converts::<TcpConnection>();
    converts::<TcpListener>();
    converts::<SecureChannel>();
    converts::<SecureChannelListener>();
    converts::<RelayService>();
    converts::<ockam_transport_memory::LinkEnd>();
}
