//! The handshake against another implementation of Noise, with the standard protocol.

use crate::support::Seeded;
use ockam_identity::channel::{ChannelKeys, Greeted, Initiator, Opener, Protocol, Sealer};
use ockam_identity::vault::{AgreementSecret, Secret};
use rand_core::Rng;
use snow::{Builder, HandshakeState};

const NAME: &str = "Noise_XX_25519_AESGCM_SHA256";

/// Number of handshakes, each with different keys and payloads.
const HANDSHAKES: u64 = 10_000;

/// The keys and payloads of one side.
struct Side {
    secret: Secret<32>,
    ephemeral: Secret<32>,
    payload: Vec<u8>,
}

impl Side {
    fn random(rng: &mut Seeded) -> Self {
        let secrets = [0; 2].map(|_| Secret::random(rng));
        let [secret, ephemeral] = secrets;
        let mut payload = vec![0; rng.next_u32() as usize % 700];
        rng.fill_bytes(&mut payload);
        Side { secret, ephemeral, payload }
    }

    fn key(&self) -> AgreementSecret {
        AgreementSecret::from(&self.secret)
    }

    fn ephemeral(&self) -> AgreementSecret {
        AgreementSecret::from(&self.ephemeral)
    }

    fn oracle(&self) -> Builder<'_> {
        Builder::new(NAME.parse().unwrap())
            .local_private_key(self.secret.expose())
            .unwrap()
            .fixed_ephemeral_key_for_testing_only(self.ephemeral.expose())
    }
}

fn write(oracle: &mut HandshakeState, payload: &[u8]) -> Vec<u8> {
    let mut message = vec![0; 65_535];
    let len = oracle.write_message(payload, &mut message).unwrap();
    message.truncate(len);
    message
}

fn read(oracle: &mut HandshakeState, message: &[u8]) -> Vec<u8> {
    let mut payload = vec![0; 65_535];
    let len = oracle.read_message(message, &mut payload).unwrap();
    payload.truncate(len);
    payload
}

/// Sends a message each way between our keys and the oracle's.
fn talk(keys: &ChannelKeys, oracle: HandshakeState) {
    let oracle = oracle.into_stateless_transport_mode().unwrap();
    let mut ours = [&[0; 8][..], b"from us"].concat();
    Sealer::new(&keys.sending).seal(&mut ours).unwrap();
    let mut read = vec![0; 100];
    let len = oracle.read_message(0, &ours[8..], &mut read).unwrap();
    assert_eq!(&read[..len], b"from us");
    let mut theirs = vec![0; 100];
    let len = oracle.write_message(0, b"from them", &mut theirs[8..]).unwrap();
    theirs.truncate(8 + len);
    Opener::new(&keys.receiving).open(&mut theirs).unwrap();
    assert_eq!(&theirs[8..], b"from them");
}

fn initiate_towards_the_oracle(we: &Side, they: &Side) {
    let mut oracle = they.oracle().build_responder().unwrap();
    let (initiator, first) = Initiator::new(Protocol::NOISE, we.ephemeral());
    assert_eq!(read(&mut oracle, &first), b"");
    let second = write(&mut oracle, &they.payload);
    let (answered, shown) = initiator.read(&second).unwrap();
    assert_eq!(shown, they.payload);
    assert_eq!(answered.peer_static(), they.key().public());
    let agreed = we.key().agree(answered.peer_ephemeral()).unwrap();
    let (third, keys) = answered.finish(we.key().public(), &agreed, &we.payload).unwrap();
    assert_eq!(read(&mut oracle, &third), we.payload);
    assert_eq!(oracle.get_remote_static(), Some(&we.key().public().as_bytes()[..]));
    talk(&keys, oracle);
}

fn respond_to_the_oracle(we: &Side, they: &Side) {
    let mut oracle = they.oracle().build_initiator().unwrap();
    let first = write(&mut oracle, b"");
    let greeted = Greeted::read(Protocol::NOISE, &first).unwrap();
    let agreed = we.key().agree(greeted.peer_ephemeral()).unwrap();
    let key = we.key();
    let (waiting, second) =
        greeted.answer(we.ephemeral(), key.public(), &agreed, &we.payload).unwrap();
    assert_eq!(read(&mut oracle, &second), we.payload);
    let third = write(&mut oracle, &they.payload);
    let (keys, peer, shown) = waiting.read(&third).unwrap();
    assert_eq!((&peer, shown), (they.key().public(), they.payload.clone()));
    talk(&keys, oracle);
}

#[test]
fn both_sides_shake_hands_with_another_implementation() {
    let mut rng = Seeded::new(1);
    for number in 0..HANDSHAKES {
        let (we, they) = (Side::random(&mut rng), Side::random(&mut rng));
        if number % 2 == 0 {
            initiate_towards_the_oracle(&we, &they);
        } else {
            respond_to_the_oracle(&we, &they);
        }
    }
}

/// Ockam's protocol differs from the standard one by its name and by the assignment of the keys.
#[test]
fn the_two_protocols_do_not_understand_each_other() {
    let (initiator, first) =
        Initiator::new(Protocol::OCKAM, AgreementSecret::from(&Secret::from([1; 32])));
    let key = AgreementSecret::from(&Secret::from([2; 32]));
    let greeted = Greeted::read(Protocol::NOISE, &first).unwrap();
    let agreed = key.agree(greeted.peer_ephemeral()).unwrap();
    let ephemeral = AgreementSecret::from(&Secret::from([3; 32]));
    let (_, second) = greeted.answer(ephemeral, key.public(), &agreed, b"").unwrap();
    assert!(initiator.read(&second).is_err());
}
