//! The network: named nodes, links between them, and the controls that a test has over both.

use crate::end::LinkEnd;
use crate::event::Event;
use crate::link::{Link, Shared, Side, lock};
use crate::options::no_such_node;
use crate::raw::RawEnd;
use crate::transport::MemoryTransport;
use crate::{Counters, Dice, LinkOptions};
use ockam_core::{Address, Error, ErrorKind, FlowControlId, Result};
use ockam_node::{Context, Handle, NodeBuilder};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

/// A network of nodes in one process, connected by links that lose, delay and partition frames.
///
/// A clone is another handle to the same network. All randomness is drawn from its seed; inside
/// of [`simulate`](crate::simulate) the same program with the same seed behaves identically, which
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
    nodes: BTreeMap<Arc<str>, Member>,
    /// Nodes whose links are all cut, including new ones.
    isolated: BTreeSet<Arc<str>>,
    /// Options of links that are made on demand.
    on_demand: LinkOptions,
    links: Vec<Known>,
    /// Number of links so far; links are numbered from 1.
    made: u64,
    /// Counters of links that no longer exist.
    past: Counters,
}

/// The network's entry for a node.
#[derive(Clone)]
pub(crate) struct Member {
    name: Arc<str>,
    handle: Handle,
    /// The flow of all links that other nodes open to this one, and the address under which it is
    /// registered with the node's flow controls; no worker runs there.
    flow: FlowControlId,
    listener: Address,
}

/// A link with the addresses of its ends on both nodes.
struct Known {
    link: Arc<Link>,
    ends: [Option<LinkEnd>; 2],
}

/// A node on a network: its context and its name on the network.
///
/// It dereferences to [`Context`] and so to [`Handle`].
pub struct MemoryNode {
    member: Member,
    context: Context,
}

impl Network {
    /// Creates a network without nodes. Its times are counted from now.
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

    /// Creates dice for a part of a test, derived from the network's seed.
    #[must_use]
    pub fn dice(&self, part: &str) -> Dice {
        Dice::new(self.0.seed).fork(part)
    }

    /// Builds a node whose random bits come from the network's seed, and names it. Handlers that
    /// block are not logged, because blocking is measured in real time.
    ///
    /// # Errors
    /// As [`join`](Self::join) and [`NodeBuilder::build`].
    pub fn node(&self, name: &str) -> Result<MemoryNode> {
        let mut dice = self.dice(name);
        let random = move |bytes: &mut [u8]| dice.fill(bytes);
        // The network has a simulated clock, so the real duration of a handler is meaningless.
        let builder = NodeBuilder::new().with_random(random).with_blocking_limit(Duration::MAX);
        self.join(name, builder.build()?)
    }

    /// Names a node that the program has built. Routes of nodes on this network may name it as
    /// `(MEMORY, name)`; the first message opens a link.
    ///
    /// # Errors
    /// [`AlreadyExists`](ErrorKind::AlreadyExists) if the name is taken, and
    /// [`Stopped`](ErrorKind::Stopped) if the node has stopped.
    pub fn join(&self, name: &str, context: Context) -> Result<MemoryNode> {
        let member = Member::new(name, &context);
        let mut state = lock(&self.0.state);
        if state.nodes.contains_key(name) {
            let text = format!("a node named `{name}` already exists: choose another name");
            return Err(Error::with_kind(ErrorKind::AlreadyExists, text));
        }
        state.nodes.insert(Arc::clone(&member.name), member.clone());
        drop(state);
        member.listen();
        let transport = MemoryTransport::new(Arc::downgrade(&self.0), Arc::clone(&member.name));
        if let Err(error) = context.register_transport(Arc::new(transport)) {
            self.leave(name);
            return Err(error);
        }
        Ok(MemoryNode { member, context })
    }

    /// Releases a node's name for another node, such as the same one after a restart. Its links
    /// stay as they are.
    pub fn leave(&self, name: &str) {
        let gone = lock(&self.0.state).nodes.remove(name);
        if let Some(gone) = gone {
            gone.handle.flow_controls().remove(&gone.listener);
        }
    }

    /// Sets the options of links that are made on demand because a route names a node. By default
    /// they are perfect.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the options are invalid.
    pub fn set_on_demand(&self, options: LinkOptions) -> Result<()> {
        options.check()?;
        lock(&self.0.state).on_demand = options;
        Ok(())
    }

    /// Links two nodes, as if `a` connected to `b`, and returns the end of each.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the options are invalid,
    /// [`Stopped`](ErrorKind::Stopped) if a node is stopping.
    pub async fn link(
        &self,
        a: &MemoryNode,
        b: &MemoryNode,
        options: LinkOptions,
    ) -> Result<(LinkEnd, LinkEnd)> {
        self.0.link([&a.member, &b.member], &options).await
    }

    /// Links a node to an end that the test drives frame by frame, and returns both ends.
    ///
    /// # Errors
    /// As [`link`](Self::link).
    pub async fn raw_link(
        &self,
        node: &MemoryNode,
        options: LinkOptions,
    ) -> Result<(LinkEnd, RawEnd)> {
        let link = self.0.make([&node.member.name, &"raw".into()], &options)?;
        let raw = RawEnd::new(&link, Side::B);
        let end = node.member.start(&link, Side::A, true).await?;
        self.0.add(Known { link, ends: [Some(end.clone()), None] });
        Ok((end, raw))
    }

    /// Cuts a link: frames in flight and all later ones are lost, and neither end is notified,
    /// until it is [healed](Self::heal).
    pub fn partition(&self, end: &LinkEnd) {
        end.link.cut(end.side);
        end.link.cut(end.side.other());
    }

    /// Cuts one direction of a link: frames sent into this end are lost.
    pub fn partition_one_way(&self, end: &LinkEnd) {
        end.link.cut(end.side);
    }

    /// Heals a link in both directions.
    pub fn heal(&self, end: &LinkEnd) {
        end.link.heal(end.side);
        end.link.heal(end.side.other());
    }

    /// Cuts all links of a node, including later ones, until [`heal_all`](Self::heal_all).
    pub fn isolate(&self, node: &MemoryNode) {
        let name = &node.member.name;
        let mut state = lock(&self.0.state);
        state.isolated.insert(Arc::clone(name));
        state.links.iter().for_each(|known| known.link.cut_if_at(name));
    }

    /// Heals all links and ends the isolation of all nodes.
    pub fn heal_all(&self) {
        let mut state = lock(&self.0.state);
        state.isolated.clear();
        for known in &state.links {
            [Side::A, Side::B].into_iter().for_each(|side| known.link.heal(side));
        }
    }

    /// Ends a link like a closed TCP connection: both ends are notified, frames in flight are
    /// lost, requests over it fail at once, and the addresses of the ends are removed soon after.
    pub fn disconnect(&self, end: &LinkEnd) {
        end.link.disconnect();
    }

    /// Returns the frame counters of all links, including past ones.
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

    /// Returns a hash of all events so far, including their times and bytes: two runs with the same
    /// fingerprint behaved identically.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.0.shared.journal().fingerprint()
    }
}

impl Inner {
    /// Returns an open link from one node to another, or creates one with the options for links on demand.
    pub(crate) async fn connect(&self, from: &Arc<str>, to: &str) -> Result<LinkEnd> {
        let (from, to, options) = {
            let state = lock(&self.state);
            if let Some(end) = state.links.iter().find_map(|known| known.leads(from, to)) {
                return Ok(end);
            }
            let member = |name: &str| state.nodes.get(name).ok_or_else(|| no_such_node(name));
            (member(from)?.clone(), member(to)?.clone(), state.on_demand.clone())
        };
        Ok(self.link([&from, &to], &options).await?.0)
    }

    async fn link(
        &self,
        [a, b]: [&Member; 2],
        options: &LinkOptions,
    ) -> Result<(LinkEnd, LinkEnd)> {
        let link = self.make([&a.name, &b.name], options)?;
        let a = a.start(&link, Side::A, false).await?;
        let b = match b.start(&link, Side::B, true).await {
            Ok(b) => b,
            Err(error) => {
                // The other end is notified and stops.
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
        let link = Link::new(&self.shared, state.made, names, options, &Dice::new(self.seed));
        state.isolated.iter().for_each(|name| link.cut_if_at(name));
        Ok(link)
    }

    /// Registers a link, and removes those that have ended on both sides.
    fn add(&self, known: Known) {
        let state = &mut *lock(&self.state);
        let past = &mut state.past;
        state.links.retain(|known| {
            let counters = known.counters();
            let stays = known.link.is_open() || known.link.is_cut() || counters.in_flight > 0;
            if !stays {
                *past += counters;
            }
            stays
        });
        state.links.push(known);
    }
}

impl Known {
    fn counters(&self) -> Counters {
        let mut counters = self.link.counters(Side::A);
        counters += self.link.counters(Side::B);
        counters
    }

    /// Returns the end of an open link from one node to another.
    fn leads(&self, from: &str, to: &str) -> Option<LinkEnd> {
        let end = self.ends.iter().flatten().find(|end| {
            **self.link.name(end.side) == *from && **self.link.name(end.side.other()) == *to
        })?;
        self.link.is_open().then(|| end.clone())
    }
}

impl Member {
    fn new(name: &str, node: &Handle) -> Self {
        let flow = node.flow_controls().generate_flow_control_id();
        Member { name: name.into(), handle: node.handle(), flow, listener: node.random_local() }
    }

    /// Keeps the consumers of the node's flow while no link is open.
    fn listen(&self) {
        self.handle.flow_controls().add_spawner(self.listener.clone(), &self.flow);
    }

    /// Starts this node's end of a link, as the connecting or the accepting side.
    async fn start(&self, link: &Arc<Link>, side: Side, accepted: bool) -> Result<LinkEnd> {
        LinkEnd::start(&self.handle, link, side, accepted.then_some(&self.flow)).await
    }
}

impl MemoryNode {
    /// Returns the node's name on its network.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.member.name
    }

    /// Returns the flow of all links that other nodes open to this one, like that of a listener:
    /// its consumers can be reached over each of them.
    #[must_use]
    pub fn flow_control_id(&self) -> &FlowControlId {
        &self.member.flow
    }

    /// Returns the context, for `ockam::node(ctx)`; the name stays on the network.
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
        f.debug_tuple("MemoryNode").field(&self.member.name).finish()
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

/// A weak handle for the transports, which must not keep the network alive.
pub(crate) type WeakNetwork = Weak<Inner>;
