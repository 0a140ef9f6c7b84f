//! A handshake between two identities, and a message.

use alloc::vec;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use ockam_core::{TransportMessage, route};
use ockam_identity::channel::{
    ChannelMessage, Greeted, IdentityAndCredentials, Initiator, Opener, Protocol, Sealer,
};
use ockam_identity::vault::{AgreementKey, AgreementSecret, SoftwareVault};
use ockam_identity::{Identifier, Identities, Presented, Structure};
use rand_core::{TryCryptoRng, TryRng};

/// Counts. The proof is about linking, and keys that anybody can guess do for that.
struct Counter(u8);

impl TryRng for Counter {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0 = self.0.wrapping_add(1);
        Ok(self.0.into())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.try_next_u32().map(u64::from)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(5).wrapping_add(3);
            *byte = self.0;
        }
        Ok(())
    }
}

impl TryCryptoRng for Counter {}

fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

struct Side {
    identities: Identities,
    own: Identifier,
}

impl Side {
    fn new(rng: &mut Counter) -> Option<Self> {
        let identities = Identities::new(SoftwareVault::new(), || 1_800_000_000);
        let own = now(identities.create_identity(rng))?.ok()?;
        Some(Side { identities, own })
    }

    fn present(&self, rng: &mut Counter) -> Option<Presented> {
        now(self.identities.present(&self.own, Vec::new(), rng))?.ok()
    }

    fn meet(&self, shown: &[u8], key: &AgreementKey) -> Option<Identifier> {
        let shown = IdentityAndCredentials::decode(shown).ok()?;
        Some(*self.identities.verify_peer(&shown, key).ok()?.identifier())
    }
}

/// Tells whether a message comes out as it goes in; `None` if there is no channel.
pub fn check() -> Option<bool> {
    let rng = &mut Counter(7);
    let (alice, bob) = (Side::new(rng)?, Side::new(rng)?);
    let (initiator, first) = Initiator::new(Protocol::OCKAM, AgreementSecret::random(rng));

    let greeted = Greeted::read(Protocol::OCKAM, &first).ok()?;
    let Presented { key, public, shown } = bob.present(rng)?;
    let agreed = now(bob.identities.vault().agree(&key, greeted.peer_ephemeral()))?.ok()?;
    let ephemeral = AgreementSecret::random(rng);
    let (waiting, second) = greeted.answer(ephemeral, &public, &agreed, &shown.encode()).ok()?;

    let (answered, shown) = initiator.read(&second).ok()?;
    let met_bob = alice.meet(&shown, answered.peer_static())?;
    let Presented { key, public, shown } = alice.present(rng)?;
    let agreed = now(alice.identities.vault().agree(&key, answered.peer_ephemeral()))?.ok()?;
    let (third, alices) = answered.finish(&public, &agreed, &shown.encode()).ok()?;

    let (bobs, key, shown) = waiting.read(&third).ok()?;
    let met_alice = bob.meet(&shown, &key)?;

    let message = TransportMessage::new(route!["echoer"], route!["app"], vec![1, 2, 3]);
    let mut buffer = ChannelMessage::data_to_buffer(&message);
    Sealer::new(&alices.sending).seal(&mut buffer).ok()?;
    Opener::new(&bobs.receiving).open(&mut buffer).ok()?;
    let came_out = ChannelMessage::from_buffer(buffer).ok()?;
    Some((met_bob, met_alice, came_out) == (bob.own, alice.own, ChannelMessage::Data(message)))
}
