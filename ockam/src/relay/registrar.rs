//! The worker of a relay service: registrations, one after the other.
//!
//! Nothing here waits for anybody outside, so that no owner keeps the others from registering.

use super::forwarder::Forwarder;
use super::names::{Event, Life, Names};
use super::refusal::RelayRefusal;
use super::service_options::RelayServiceOptions;
use super::{ANY_NAME, MAX_RELAY_NAME_LEN};
use ockam_core::{Address, Any, Result, Route, Routed, Worker};
use ockam_node::{Context, Handle, WorkerBuilder};
use std::sync::Arc;

pub(super) struct Registrar {
    names: Arc<Names>,
    options: RelayServiceOptions,
}

impl Registrar {
    pub(super) fn new(names: Arc<Names>, options: RelayServiceOptions) -> Self {
        Registrar { names, options }
    }

    /// Starts the relay that a registration asks for.
    async fn register(
        &self,
        ctx: &Handle,
        msg: Routed<Any>,
    ) -> core::result::Result<Address, RelayRefusal> {
        let way_back = msg.return_route();
        let text = msg.cast::<String>().map_err(|_| RelayRefusal::NotAText)?.body();
        let name = self.name(ctx, &text)?;
        let leads_to = self.check_way_back(&name, &way_back)?;
        if self.names.others_to(&leads_to, &name) >= self.options.max_per_connection {
            return Err(RelayRefusal::TooManyOfConnection);
        }
        match self.names.find(&name) {
            Some(former) => self.end(ctx, &name, &former).await,
            None if !self.names.has_room() => self.make_room(ctx).await?,
            None => {}
        }
        let life = Arc::new(Life::default());
        let consumer_of = self.options.relay_consumer_of.clone();
        let names = Arc::clone(&self.names);
        let relay = Forwarder::new(way_back, names, Arc::clone(&life), consumer_of);
        let started = WorkerBuilder::new(relay).with_address(name.clone()).start(ctx).await;
        match started {
            Ok(()) => {
                self.names.insert(name.clone(), &life, leads_to);
                Ok(name)
            }
            Err(error) if error.kind() == ockam_core::ErrorKind::AlreadyExists => {
                Err(RelayRefusal::NameTaken)
            }
            Err(error) => {
                tracing::debug!(%name, %error, "a relay was not started");
                Err(RelayRefusal::NotStarted)
            }
        }
    }

    /// Makes the relay's name of the body of a registration.
    fn name(&self, ctx: &Handle, text: &str) -> core::result::Result<Address, RelayRefusal> {
        let prefix = &self.options.prefix;
        let name = match text {
            "" => return Err(RelayRefusal::NoName),
            ANY_NAME => format!("{prefix}{}", ctx.random_local().address()),
            wanted => format!("{prefix}{wanted}"),
        };
        let name = Address::from(name);
        if name.is_empty() {
            return Err(RelayRefusal::NoName);
        }
        if !name.is_local() {
            return Err(RelayRefusal::NotLocal);
        }
        if name.len() > MAX_RELAY_NAME_LEN {
            return Err(RelayRefusal::NameTooLong);
        }
        Ok(name)
    }

    /// Returns the first hop of the way back, which is the owner's connection.
    ///
    /// Its last hop is dropped later. If nothing were left then, the relay would lead to this
    /// node's own workers, whoever they agreed to be reached by.
    fn check_way_back(
        &self,
        name: &Address,
        way_back: &Route,
    ) -> core::result::Result<Address, RelayRefusal> {
        let leads_to = match way_back.first() {
            Some(first) if way_back.len() >= 2 => first.clone(),
            _ => return Err(RelayRefusal::NoWayBack),
        };
        // A relay does not grow the way back, so nothing would end a message that goes round.
        if leads_to == *name || self.names.find(&leads_to).is_some() {
            return Err(RelayRefusal::Loop);
        }
        Ok(leads_to)
    }

    /// Ends the relay that has a name, so that another can have it.
    async fn end(&self, ctx: &Handle, name: &Address, former: &Life) {
        former.retire();
        if let Err(error) = ctx.stop_worker(name.clone()).await {
            tracing::debug!(%name, %error, "a relay was gone before it was replaced");
        }
        self.names.remove(name);
        self.names.count_replaced();
    }

    /// Ends relays whose connection is gone, which nothing else does for relays that nobody uses.
    async fn make_room(&self, ctx: &Handle) -> core::result::Result<(), RelayRefusal> {
        for (name, leads_to) in self.names.list() {
            if ctx.is_worker_registered_at(leads_to) {
                continue;
            }
            if let Some(life) = self.names.find(&name) {
                life.retire();
                // It may have stopped by itself in the meantime.
                let _ = ctx.stop_worker(name.clone()).await;
            }
            self.names.remove(&name);
        }
        if self.names.has_room() { Ok(()) } else { Err(RelayRefusal::TooMany) }
    }
}

impl Worker for Registrar {
    type Context = Context;
    type Message = Any;

    async fn initialize(&mut self, ctx: &mut Context) -> Result<()> {
        for id in &self.options.service_consumer_of {
            for address in ctx.addresses() {
                ctx.flow_controls().add_consumer(address, id);
            }
        }
        Ok(())
    }

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let from = msg.return_route();
        let connection = from.first().cloned().unwrap_or_default();
        match self.register(ctx, msg).await {
            Ok(name) => match self.names.told(ctx, connection, Event::Registered) {
                Some(count) => tracing::info!(%name, %from, count, "a relay was registered"),
                None => tracing::debug!(%name, %from, "a relay was registered"),
            },
            Err(why) => {
                self.names.count_refused(why);
                match self.names.told(ctx, connection, Event::Refused(why as usize)) {
                    Some(count) => tracing::info!(%from, %why, count, "a relay was refused"),
                    None => tracing::debug!(%from, %why, "a relay was refused"),
                }
            }
        }
        Ok(())
    }

    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        for (name, _) in self.names.list() {
            if let Some(life) = self.names.find(&name) {
                life.retire();
                // The node's stop may have been faster.
                let _ = ctx.stop_worker(name).await;
            }
        }
        Ok(())
    }
}
