//! Handshakes: the work of both sides, one after the other.

use crate::Workload;
use getrandom::SysRng;
use ockam_identity::channel::{Greeted, IdentityAndCredentials, Initiator, Protocol, Waiting};
use ockam_identity::vault::AgreementSecret;
use ockam_identity::{Identifier, Identities, Presented, Structure};
use rand_core::UnwrapErr;
use snow::Builder;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

pub(crate) fn workloads() -> Vec<Workload> {
    vec![
        Workload {
            name: "handshake",
            bytes: None,
            is_alone: true,
            run: strangers(),
            floor: Some(oracle()),
        },
        Workload {
            name: "handshake_known",
            bytes: None,
            is_alone: true,
            run: acquaintances(),
            floor: Some(oracle()),
        },
    ]
}

fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("a software vault answers at once"),
    }
}

/// One side of the handshake: its identity, and the identities that it remembers.
struct Side {
    identities: Identities,
    own: Identifier,
}

impl Side {
    fn new() -> Self {
        let identities = Identities::in_memory();
        let own = now(identities.create_identity(&mut rng())).expect("the vault makes a key");
        Side { identities, own }
    }

    fn present(&self) -> Presented {
        now(self.identities.present(&self.own, Vec::new(), &mut rng()))
            .expect("the identity is here")
    }

    fn meet(&self, shown: &[u8], key: &ockam_identity::vault::AgreementKey, remember: bool) {
        let shown = IdentityAndCredentials::decode(shown).expect("it is whole");
        let peer = self.identities.verify_peer(&shown, key).expect("it is honest");
        if remember {
            self.identities.remember(&peer).expect("it is in memory");
        }
    }
}

fn answer(side: &Side, first: &[u8]) -> (Waiting, Vec<u8>) {
    let greeted = Greeted::read(Protocol::OCKAM, first).expect("it is a key");
    let Presented { key, public, shown } = side.present();
    let agreed = now(side.identities.vault().agree(&key, greeted.peer_ephemeral()));
    let agreed = agreed.expect("the key is in the vault");
    let ephemeral = AgreementSecret::random(&mut rng());
    greeted.answer(ephemeral, &public, &agreed, &shown.encode()).expect("it is short")
}

fn shake_hands(alice: &Side, bob: &Side, remember: bool) {
    let (initiator, first) = Initiator::new(Protocol::OCKAM, AgreementSecret::random(&mut rng()));
    let (waiting, second) = answer(bob, &first);
    let (answered, shown) = initiator.read(&second).expect("it is Bob's");
    alice.meet(&shown, answered.peer_static(), remember);
    let Presented { key, public, shown } = alice.present();
    let agreed = now(alice.identities.vault().agree(&key, answered.peer_ephemeral()));
    let agreed = agreed.expect("the key is in the vault");
    let (third, _) = answered.finish(&public, &agreed, &shown.encode()).expect("it is short");
    let (_, key, shown) = waiting.read(&third).expect("it is Alice's");
    bob.meet(&shown, &key, remember);
}

/// Both sides verify the whole history of the other.
fn strangers() -> crate::Run<'static> {
    let (alice, bob) = (Side::new(), Side::new());
    Box::new(move |handshakes| (0..handshakes).for_each(|_| shake_hands(&alice, &bob, false)))
}

/// Both sides remember the other's history.
fn acquaintances() -> crate::Run<'static> {
    let (alice, bob) = (Side::new(), Side::new());
    Box::new(move |handshakes| (0..handshakes).for_each(|_| shake_hands(&alice, &bob, true)))
}

/// Noise XX by another implementation: no identities, nothing to verify.
fn oracle() -> crate::Run<'static> {
    let builder = || {
        let name = "Noise_XX_25519_AESGCM_SHA256";
        Builder::new(name.parse().expect("it is a protocol"))
    };
    let keys = [0; 2].map(|_| builder().generate_keypair().expect("it is random").private);
    Box::new(move |handshakes| {
        let (mut message, mut payload) = (vec![0; 1000], vec![0; 1000]);
        for _ in 0..handshakes {
            let [one, two] = &keys;
            let side = |key| builder().local_private_key(key).expect("it is a key");
            let mut initiator = side(one).build_initiator().expect("it has a key");
            let mut responder = side(two).build_responder().expect("it has a key");
            for number in 0..3 {
                let (from, to) = if number == 1 {
                    (&mut responder, &mut initiator)
                } else {
                    (&mut initiator, &mut responder)
                };
                let len = from.write_message(&[], &mut message).expect("it has room");
                to.read_message(&message[..len], &mut payload).expect("it is honest");
            }
        }
    })
}
