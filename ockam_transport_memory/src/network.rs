//! The network: nodes with names, links between them, and what a test does to both.

use crate::end::LinkEnd;
use crate::event::Event;
use crate::link::{Link, Shared, Side, lock};
use crate::options::no_such_node;
use crate::raw::RawEnd;
use crate::transport::MemoryTransport;
use crate::{Counters, Dice, LinkOptions};
use ockam_core::{Error, ErrorKind, Result};
use ockam_node::{Context, Handle, NodeBuilder};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, Weak};

/// Joins nodes of one process by links that lose, delay and cut off what crosses them.
///
/// A clone is the same network. Everything that happens by chance is drawn from its seed; inside
/// of [`simulate`](crate::simulate) the same program with the same seed does the same again, which
/// [`fingerprint`](Self::fingerprint) shows.
#[derive(Clone)]
pub struct Network(Arc<Inner>);

pub(crate) struct Inner {
    seed: u64,
    shared: Arc<Shared>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    nodes: BTreeMap<Arc<str>, Handle>,
    links: Vec<Known>,
    /// Counts links from 1.
    made: u64,
    /// What was counted on links that are gone.
    past: Counters,
}

/// A link, with the addresses by which the nodes at its sides know it.
struct Known {
    link: Arc<Link>,
    ends: [Option<LinkEnd>; 2],
}

/// A node on a network: its context, and the name by which others know it.
///
/// It has all calls of [`Context`] and of [`Handle`].
pub struct MemoryNode {
    name: Arc<str>,
    context: Context,
}

impl Network {
    /// Makes a network without nodes, whose time begins now.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let (shared, state) = (Shared::new(), Mutex::new(State::default()));
        Network(Arc::new(Inner { seed, shared, state }))
    }

    /// Returns the seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.0.seed
    }

    /// Makes dice for a part of a test, from the network's seed.
    #[must_use]
    pub fn dice(&self, part: &str) -> Dice {
        Dice::new(self.0.seed).fork(part)
    }

    /// Builds a node whose random bits come from the network's seed, and gives it a name.
    ///
    /// # Errors
    /// As [`join`](Self::join) and [`NodeBuilder::build`].
    pub fn node(&self, name: &str) -> Result<MemoryNode> {
        let mut dice = self.dice(name);
        let random = move |bytes: &mut [u8]| dice.fill(bytes);
        self.join(name, NodeBuilder::new().with_random(random).build()?)
    }

    /// Gives a node that the program has built a name on this network. Routes of nodes on this
    /// network may name it as `(MEMORY, name)`; the first message connects.
    ///
    /// # Errors
    /// [`AlreadyExists`](ErrorKind::AlreadyExists) if the name is taken.
    pub fn join(&self, name: &str, context: Context) -> Result<MemoryNode> {
        let name: Arc<str> = name.into();
        let mut state = lock(&self.0.state);
        if state.nodes.contains_key(&name) {
            let text = format!("a node is called `{name}` already: choose another name");
            return Err(Error::new(ErrorKind::AlreadyExists, text));
        }
        state.nodes.insert(Arc::clone(&name), context.handle());
        drop(state);
        let transport = MemoryTransport::new(Arc::downgrade(&self.0), Arc::clone(&name));
        context.register_transport(Arc::new(transport));
        Ok(MemoryNode { name, context })
    }

    /// Takes a node's name off the network, for another node, such as the same one after a
    /// restart. Its links stay as they are.
    pub fn leave(&self, name: &str) {
        let gone = lock(&self.0.state).nodes.remove(name);
        drop(gone);
    }

    /// Joins two nodes by a link, and returns the end of each.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the options make no sense,
    /// [`Stopped`](ErrorKind::Stopped) if a node is stopping.
    pub async fn link(
        &self,
        a: &MemoryNode,
        b: &MemoryNode,
        options: LinkOptions,
    ) -> Result<(LinkEnd, LinkEnd)> {
        self.0.link([(&a.name, a.handle()), (&b.name, b.handle())], options).await
    }

    /// Joins a node to an end that the test plays by hand, and returns both ends.
    ///
    /// # Errors
    /// As [`link`](Self::link).
    pub async fn raw_link(
        &self,
        node: &MemoryNode,
        options: LinkOptions,
    ) -> Result<(LinkEnd, RawEnd)> {
        let link = self.0.make([&node.name, &"raw".into()], &options)?;
        let raw = RawEnd::new(&link, Side::B);
        let end = LinkEnd::start(node, &link, Side::A).await?;
        self.0.add(Known { link, ends: [Some(end.clone()), None] });
        Ok((end, raw))
    }

    /// Cuts a link: frames in flight and those that are sent from now on are lost, and neither
    /// end hears of it, until it [heals](Self::heal).
    pub fn partition(&self, end: &LinkEnd) {
        end.link.cut(end.side);
        end.link.cut(end.side.other());
    }

    /// Cuts one direction of a link: what is sent into this end is lost.
    pub fn partition_one_way(&self, end: &LinkEnd) {
        end.link.cut(end.side);
    }

    /// Lets a link carry frames again, in both directions.
    pub fn heal(&self, end: &LinkEnd) {
        end.link.heal(end.side);
        end.link.heal(end.side.other());
    }

    /// Cuts all links of a node.
    pub fn isolate(&self, node: &MemoryNode) {
        self.0.each_link(|link| {
            if [Side::A, Side::B].iter().any(|side| *link.name(*side) == node.name) {
                [Side::A, Side::B].into_iter().for_each(|side| link.cut(side));
            }
        });
    }

    /// Heals all links.
    pub fn heal_all(&self) {
        self.0.each_link(|link| [Side::A, Side::B].into_iter().for_each(|side| link.heal(side)));
    }

    /// Ends a link as a closed TCP connection ends: both ends hear of it, frames in flight are
    /// lost, asks over it fail at once, and the addresses of the ends are gone soon after.
    pub fn disconnect(&self, end: &LinkEnd) {
        end.link.disconnect();
    }

    /// Counts the frames of all links, past ones included.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let state = lock(&self.0.state);
        let mut counters = state.past;
        state.links.iter().for_each(|known| counters += known.counters());
        counters
    }

    /// Returns the last events, at most [`EVENTS_KEPT`](crate::EVENTS_KEPT), oldest first.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.0.shared.journal().recent()
    }

    /// Returns a number that all events so far have made, with their times and bytes: two runs
    /// with the same fingerprint did the same.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.0.shared.journal().fingerprint()
    }
}

impl Inner {
    /// Finds a link from one node to another that takes frames, or makes a perfect one.
    pub(crate) async fn connect(&self, from: &Arc<str>, to: &str) -> Result<LinkEnd> {
        let nodes = {
            let state = lock(&self.state);
            if let Some(end) = state.links.iter().find_map(|known| known.leads(from, to)) {
                return Ok(end);
            }
            let node = |name: &str| {
                let entry = state.nodes.get_key_value(name).ok_or_else(|| no_such_node(name))?;
                Ok::<_, Error>((Arc::clone(entry.0), entry.1.clone()))
            };
            [node(from)?, node(to)?]
        };
        let [a, b] = &nodes;
        let ends = self.link([(&a.0, a.1.clone()), (&b.0, b.1.clone())], LinkOptions::new());
        Ok(ends.await?.0)
    }

    async fn link(
        &self,
        nodes: [(&Arc<str>, Handle); 2],
        options: LinkOptions,
    ) -> Result<(LinkEnd, LinkEnd)> {
        let [(a, a_node), (b, b_node)] = nodes;
        let link = self.make([a, b], &options)?;
        let a = LinkEnd::start(&a_node, &link, Side::A).await?;
        let b = match LinkEnd::start(&b_node, &link, Side::B).await {
            Ok(b) => b,
            Err(error) => {
                // The other end hears of it and stops.
                link.close();
                return Err(error);
            }
        };
        self.add(Known { link, ends: [Some(a.clone()), Some(b.clone())] });
        Ok((a, b))
    }

    fn make(&self, names: [&Arc<str>; 2], options: &LinkOptions) -> Result<Arc<Link>> {
        options.check()?;
        let mut state = lock(&self.state);
        state.made += 1;
        Ok(Link::new(&self.shared, state.made, names, options, &Dice::new(self.seed)))
    }

    /// Remembers a link, and forgets those that have ended.
    fn add(&self, known: Known) {
        let state = &mut *lock(&self.state);
        let past = &mut state.past;
        state.links.retain(|known| {
            let counters = known.counters();
            let stays = known.link.is_open() || counters.in_flight > 0;
            if !stays {
                *past += counters;
            }
            stays
        });
        state.links.push(known);
    }

    fn each_link(&self, act: impl Fn(&Link)) {
        lock(&self.state).links.iter().for_each(|known| act(&known.link));
    }
}

impl Known {
    fn counters(&self) -> Counters {
        let mut counters = self.link.counters(Side::A);
        counters += self.link.counters(Side::B);
        counters
    }

    /// Returns the end at one node of an open link that leads to another.
    fn leads(&self, from: &str, to: &str) -> Option<LinkEnd> {
        let end = self.ends.iter().flatten().find(|end| {
            **self.link.name(end.side) == *from && **self.link.name(end.side.other()) == *to
        })?;
        self.link.is_open().then(|| end.clone())
    }
}

impl MemoryNode {
    /// Returns the node's name on its network.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Takes the context out, for `ockam::node(ctx)`; the name stays on the network.
    #[must_use]
    pub fn into_context(self) -> Context {
        self.context
    }
}

impl Deref for MemoryNode {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.context
    }
}

impl DerefMut for MemoryNode {
    fn deref_mut(&mut self) -> &mut Context {
        &mut self.context
    }
}

impl fmt::Debug for MemoryNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MemoryNode").field(&self.name).finish()
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("seed", &self.0.seed)
            .field("counters", &self.counters())
            .finish_non_exhaustive()
    }
}

/// Only for the transports, which must not keep the network alive.
pub(crate) type WeakNetwork = Weak<Inner>;
