//! A peer that is no node: it says the bytes that a test wants said, and hears what comes back.

use crate::support::PATIENCE;
use ockam_core::{Decoded, FrameDecoder, TransportMessage, encode_frame};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use tokio::task::block_in_place;

/// A connection of a peer. Tests that use it run on several threads, since it blocks.
pub(crate) struct Peer {
    stream: TcpStream,
    decoder: FrameDecoder,
}

impl Peer {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::new(TcpStream::connect(address).unwrap())
    }

    /// Connects and says the first byte.
    pub(crate) fn greeting(address: SocketAddr) -> Self {
        let mut peer = Self::connect(address);
        peer.say(&[1]);
        peer
    }

    pub(crate) fn accept(listener: &TcpListener) -> Self {
        block_in_place(|| Self::new(listener.accept().unwrap().0))
    }

    fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Peer { stream, decoder: FrameDecoder::new() }
    }

    pub(crate) fn say(&mut self, bytes: &[u8]) {
        block_in_place(|| self.stream.write_all(bytes).unwrap());
    }

    /// Says bytes that the other side may not want to hear to the end.
    pub(crate) fn try_say(&mut self, bytes: &[u8]) -> bool {
        block_in_place(|| self.stream.write_all(bytes).is_ok())
    }

    /// As [`try_say`](Self::try_say), in a thread of its own.
    pub(crate) fn try_say_blocking(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    pub(crate) fn say_message(&mut self, message: &TransportMessage) {
        self.say(&frame(message));
    }

    /// Hears the next message.
    pub(crate) fn hear(&mut self) -> TransportMessage {
        loop {
            if let Some(decoded) = self.decoder.poll_message().unwrap() {
                let Decoded::Message(message) = decoded else {
                    panic!("it is no message: {decoded:?}");
                };
                return message;
            }
            let mut bytes = [0; 4096];
            let len = block_in_place(|| self.stream.read(&mut bytes)).unwrap();
            assert!(len > 0, "the connection was closed");
            self.decoder.handle_input(&bytes[..len]);
        }
    }

    /// Hears what comes next, at most so many bytes.
    pub(crate) fn hear_some(&mut self) -> Vec<u8> {
        let mut bytes = [0; 64];
        let len = block_in_place(|| self.stream.read(&mut bytes)).unwrap();
        self.decoder.handle_input(&bytes[..len]);
        bytes[..len].to_vec()
    }

    /// Waits for the end of the connection, and returns what was heard before.
    pub(crate) fn hear_end(&mut self) -> Vec<u8> {
        let mut heard = Vec::new();
        let mut bytes = [0; 4096];
        loop {
            match block_in_place(|| self.stream.read(&mut bytes)) {
                Ok(0) => return heard,
                Ok(len) => heard.extend_from_slice(&bytes[..len]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return heard,
                Err(error) => panic!("it was not closed: {error}"),
            }
        }
    }

    /// Hears everything until the end, in a thread of its own.
    pub(crate) fn hear_all_blocking(mut self) {
        let mut bytes = vec![0; 65_536];
        while self.stream.read(&mut bytes).is_ok_and(|len| len > 0) {}
    }

    /// Ends this side's direction.
    pub(crate) fn say_end(&mut self) {
        self.stream.shutdown(std::net::Shutdown::Write).unwrap();
    }

    /// Ends this side's direction, and returns what was heard before the other side ended its own.
    pub(crate) fn hear_end_of_mine(&mut self) -> Vec<u8> {
        self.say_end();
        self.hear_end()
    }

    /// Closes the connection in good order, as a node does.
    pub(crate) fn close(mut self) {
        self.hear_end_of_mine();
    }

    /// Closes the connection in the rude way.
    pub(crate) fn reset(self) {
        let socket = socket2::Socket::from(self.stream);
        socket.set_linger(Some(std::time::Duration::ZERO)).unwrap();
    }
}

pub(crate) fn frame(message: &TransportMessage) -> Vec<u8> {
    let mut frame = Vec::new();
    encode_frame(message, &mut frame).unwrap();
    frame
}
