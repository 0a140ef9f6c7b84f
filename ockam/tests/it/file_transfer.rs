//! A program in the shape of those of 2023: a file goes through a relay to a worker that writes it.

use crate::support::{eventually, link};
use ockam::errcode::{Kind, Origin};
use ockam::remote::{RemoteRelay, RemoteRelayOptions};
use ockam::{
    Context, Error, ErrorKind, Message, RelayService, RelayServiceOptions, Result, Routed, Worker,
    route,
};
use ockam_transport_memory::{Network, simulate};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

#[derive(Serialize, Deserialize)]
struct FileDescription {
    name: String,
    size: usize,
}

impl Message for FileDescription {}

#[derive(Serialize, Deserialize)]
enum FileData {
    Description(FileDescription),
    Data(Vec<u8>),
    Quit,
}

impl Message for FileData {}

/// Writes one file into a folder, and answers with its length.
struct FileReception {
    folder: PathBuf,
    description: Option<FileDescription>,
    file: Option<File>,
    written: usize,
}

impl FileReception {
    fn new(folder: &Path) -> Self {
        FileReception { folder: folder.into(), description: None, file: None, written: 0 }
    }

    fn begin(&mut self, description: FileDescription) -> Result<()> {
        if self.file.is_some() {
            return Err(Error::new_without_cause(Origin::Application, Kind::AlreadyExists));
        }
        let file = File::create_new(self.folder.join(&description.name))
            .map_err(|e| Error::new(Origin::Application, Kind::Io, e))?;
        (self.file, self.description) = (Some(file), Some(description));
        Ok(())
    }

    fn add(&mut self, data: &[u8]) -> Result<()> {
        let (Some(file), Some(description)) = (&mut self.file, &self.description) else {
            let error = Error::new(Origin::Application, Kind::Misuse, "data before a description");
            return Err(error.context("written", self.written));
        };
        self.written += data.len();
        if self.written > description.size {
            return Err(Error::new(Origin::Application, Kind::Invalid, "more than was announced"));
        }
        file.write_all(data).map_err(|e| Error::new(Origin::Application, Kind::Io, e))
    }
}

#[ockam::worker]
impl Worker for FileReception {
    type Context = Context;
    type Message = FileData;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<FileData>) -> Result<()> {
        let return_route = msg.return_route();
        match msg.body() {
            FileData::Description(description) => self.begin(description)?,
            FileData::Data(data) => self.add(&data)?,
            FileData::Quit => ctx.stop_worker(ctx.address()).await?,
        }
        ctx.send(return_route, self.written).await
    }
}

#[test]
fn a_file_goes_through_a_relay_to_a_worker_that_writes_it() {
    simulate(async {
        let network = Network::new(1);
        let [receiver, middle, sender] =
            ["receiver", "middle", "sender"].map(|name| network.node(name).unwrap());
        let (receiver_up, receiver_down) = link(&network, &receiver, &middle).await;
        let (sender_up, sender_down) = link(&network, &sender, &middle).await;
        let options = RelayServiceOptions::new()
            .service_as_consumer(receiver_down.flow_control_id())
            .relay_as_consumer(sender_down.flow_control_id());
        RelayService::create(&middle, "forwarding_service", options).await.unwrap();

        let folder =
            std::env::temp_dir().join(format!("ockam-file-transfer-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        receiver.start_worker("receiver", FileReception::new(&folder)).await.unwrap();
        receiver.flow_controls().add_consumer("receiver", receiver_up.flow_control_id());
        let relay =
            RemoteRelay::create(&receiver, &receiver_up, RemoteRelayOptions::new()).await.unwrap();

        let route = route![&sender_up, relay.remote_address().clone(), "receiver"];
        let content = vec![7; 3000];
        let ask = async |data| sender.send_and_receive::<usize>(route.clone(), data).await;
        let error = ask(FileData::Data(vec![1])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Failed);
        let description = FileDescription { name: "seven".into(), size: content.len() };
        assert_eq!(ask(FileData::Description(description)).await.unwrap(), 0);
        for (number, chunk) in content.chunks(1000).enumerate() {
            let written = ask(FileData::Data(chunk.to_vec())).await.unwrap();
            assert_eq!(written, (number + 1) * 1000);
        }
        assert!(ask(FileData::Data(vec![7])).await.is_err());
        ask(FileData::Quit).await.unwrap();
        eventually("the worker stops", || !receiver.is_worker_registered_at("receiver")).await;

        let mut read = Vec::new();
        File::open(folder.join("seven")).unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, content);
        fs::remove_dir_all(folder).unwrap();
    });
}
