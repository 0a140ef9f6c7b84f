//! Properties of addresses and routes that hold for every input.

use std::collections::VecDeque;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use ockam_core::{
    Address, AddressError, LOCAL, MAX_ADDRESS_LEN, MAX_ROUTE_LEN, Route, TransportType, route,
};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};

/// Bytes of names, with those that the text form treats specially in most of them.
fn name(max: usize) -> impl Strategy<Value = Vec<u8>> {
    let special = proptest::sample::select(b"\\x=> #0a\n\x7f\xc3\xa4\xff".as_slice());
    prop_oneof![vec(any::<u8>(), 0..=max), vec(special, 0..=max)]
}

fn address() -> impl Strategy<Value = Address> {
    (any::<u8>(), name(MAX_ADDRESS_LEN))
        .prop_map(|(number, name)| Address::new(number.into(), name))
}

fn short_address() -> impl Strategy<Value = Address> {
    (any::<u8>(), name(6)).prop_map(|(number, name)| Address::new(number.into(), name))
}

fn addresses(max: usize) -> impl Strategy<Value = Vec<Address>> {
    vec(short_address(), 0..=max)
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// One call on a route.
#[derive(Clone, Debug)]
enum Edit {
    Prepend(Address),
    Append(Address),
    PrependRoute(Vec<Address>),
    AppendRoute(Vec<Address>),
    Replace(Address),
    PopFront,
    PopBack,
    Step,
    Extend(Vec<Address>),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        short_address().prop_map(Edit::Prepend),
        short_address().prop_map(Edit::Append),
        addresses(5).prop_map(Edit::PrependRoute),
        addresses(5).prop_map(Edit::AppendRoute),
        short_address().prop_map(Edit::Replace),
        Just(Edit::PopFront),
        Just(Edit::PopBack),
        Just(Edit::Step),
        addresses(3).prop_map(Edit::Extend),
    ]
}

impl Edit {
    fn apply(self, route: &mut Route) {
        match self {
            Edit::Prepend(address) => drop(route.modify().prepend(address)),
            Edit::Append(address) => drop(route.modify().append(address)),
            Edit::PrependRoute(hops) => drop(route.modify().prepend_route(hops)),
            Edit::AppendRoute(hops) => drop(route.modify().append_route(hops)),
            Edit::Replace(address) => drop(route.modify().replace(address)),
            Edit::PopFront => drop(route.modify().pop_front()),
            Edit::PopBack => drop(route.modify().pop_back()),
            Edit::Step => drop(route.step()),
            Edit::Extend(hops) => route.extend(hops),
        }
    }

    fn apply_to_model(self, model: &mut VecDeque<Address>) {
        match self {
            Edit::Prepend(address) => model.push_front(address),
            Edit::Append(address) => model.push_back(address),
            Edit::PrependRoute(hops) => {
                hops.into_iter().rev().for_each(|hop| model.push_front(hop))
            }
            Edit::AppendRoute(hops) | Edit::Extend(hops) => model.extend(hops),
            Edit::Replace(address) => {
                model.pop_front();
                model.push_front(address);
            }
            Edit::PopFront | Edit::Step => drop(model.pop_front()),
            Edit::PopBack => drop(model.pop_back()),
        }
    }
}

proptest! {
    #[test]
    fn address_comes_back_from_its_text(address in address()) {
        let text = address.to_string();
        prop_assert_eq!(text.parse::<Address>(), Ok(address));
        prop_assert!(!text.contains("=>"));
        prop_assert!(!text.chars().any(|c| c.is_ascii_control()));
    }

    #[test]
    fn address_comes_back_from_serde(address in address()) {
        let bytes = postcard::to_allocvec(&address).unwrap();
        prop_assert_eq!(postcard::from_bytes::<Address>(&bytes), Ok(address));
    }

    #[test]
    fn every_text_converts(text in prop_oneof!["\\PC*", "[0-9+a ]{0,4}#.{0,50}"]) {
        let address = Address::from(text.as_str());
        let number = text.split_once('#').and_then(|(prefix, name)| {
            let digits = prefix.bytes().all(|byte| byte.is_ascii_digit());
            Some((prefix.parse::<u8>().ok().filter(|_| digits)?, name))
        });
        let expected = match number {
            Some((number, name)) => Address::new(TransportType::new(number), name),
            None => Address::new(LOCAL, &text),
        };
        prop_assert_eq!(&address, &expected);
        prop_assert_eq!(Address::from(text), expected);
    }

    #[test]
    fn strict_and_total_agree_without_escapes(text in "[0-9]{0,2}#?[a-z=> ]{1,40}") {
        if let Ok(parsed) = text.parse::<Address>() {
            prop_assert_eq!(parsed, Address::from(text));
        }
    }

    #[test]
    fn equality_order_and_hash_are_those_of_type_and_bytes(
        left in (0..2_u8, name(2), 35..=39_usize),
        right in (0..2_u8, name(2), 35..=39_usize),
    ) {
        let [left, right] = [left, right].map(|(number, end, len)| {
            let mut bytes = vec![b'a'; len - end.len()];
            bytes.extend(end);
            (number, bytes)
        });
        let [a, b] = [&left, &right].map(|(number, bytes)| Address::new((*number).into(), bytes));
        prop_assert_eq!(a == b, left == right);
        prop_assert_eq!(a.cmp(&b), left.cmp(&right));
        prop_assert_eq!(hash(&a) == hash(&b), left == right);
        prop_assert_eq!(a.as_bytes(), left.1);
        prop_assert_eq!(&a.clone(), &a);
    }

    #[test]
    fn route_edits_are_those_of_a_list(edits in vec(edit(), 0..24)) {
        let (mut route, mut model) = (Route::new(), VecDeque::new());
        for edit in edits {
            edit.clone().apply(&mut route);
            edit.apply_to_model(&mut model);
            prop_assert!(route.iter().eq(&model));
            prop_assert!(route.iter().rev().eq(model.iter().rev()));
            prop_assert_eq!(route.len(), model.len());
            prop_assert_eq!(route.next().ok(), model.front());
            prop_assert_eq!(route.recipient().ok(), model.back().cloned());
        }
    }

    #[test]
    fn route_comes_back_from_its_text_and_from_serde(hops in addresses(MAX_ROUTE_LEN)) {
        let route = Route::from(hops);
        prop_assert_eq!(route.to_string().parse::<Route>(), Ok(route.clone()));
        let bytes = postcard::to_allocvec(&route).unwrap();
        prop_assert_eq!(postcard::from_bytes::<Route>(&bytes), Ok(route));
    }

    #[test]
    fn equal_routes_do_not_depend_on_their_storage(hops in addresses(4), more in addresses(4)) {
        let short = Route::from(hops);
        let mut shrunk = route![more, "a", "b", "c", "d", "e", &short];
        shrunk.modify().append("z").pop_back();
        while shrunk.len() > short.len() {
            shrunk.modify().pop_front();
        }
        prop_assert_eq!(hash(&shrunk), hash(&short));
        prop_assert_eq!(shrunk, short);
    }

    #[test]
    fn a_route_contains_its_parts(
        front in addresses(5),
        part in addresses(5),
        back in addresses(5),
    ) {
        let part = Route::from(part);
        let route = route![front, &part, back];
        prop_assert!(route.contains_route(&part));
        prop_assert!(!part.contains_route(&route![&route, "one more"]));
    }

    #[test]
    fn parsing_never_panics(text in prop_oneof!["\\PC*", "([0-9#=> ]|\\\\x|[a-f]){0,60}"]) {
        if let Ok(address) = text.parse::<Address>() {
            prop_assert_eq!(address.to_string().parse::<Address>(), Ok(address));
        }
        if let Ok(route) = text.parse::<Route>() {
            prop_assert_eq!(route.to_string().parse::<Route>(), Ok(route));
        }
    }

    #[test]
    fn decoding_never_panics_and_keeps_the_limits(bytes in vec(any::<u8>(), 0..600)) {
        if let Ok(address) = postcard::from_bytes::<Address>(&bytes) {
            prop_assert!(address.validate().is_ok());
        }
        if let Ok(route) = postcard::from_bytes::<Route>(&bytes) {
            prop_assert!(route.validate().is_ok());
        }
    }
}

#[test]
fn addresses_over_the_limit_are_refused_where_they_come_in() {
    let longest = Address::from("a".repeat(MAX_ADDRESS_LEN));
    assert_eq!(longest.validate(), Ok(()));
    assert_eq!(longest.to_string().parse(), Ok(longest.clone()));
    let bytes = postcard::to_allocvec(&longest).unwrap();
    assert_eq!(postcard::from_bytes(&bytes), Ok(longest));

    let longer = Address::from("a".repeat(MAX_ADDRESS_LEN + 1));
    let error = AddressError::TooLong { len: MAX_ADDRESS_LEN + 1, start: "a".repeat(32) + "..." };
    assert_eq!(longer.validate(), Err(error.clone()));
    assert_eq!(longer.to_string().parse::<Address>(), Err(error));
    let bytes = postcard::to_allocvec(&longer).unwrap();
    assert!(postcard::from_bytes::<Address>(&bytes).is_err());
}

#[test]
fn routes_over_the_limit_are_refused_where_they_come_in() {
    let longest: Route = (0..MAX_ROUTE_LEN).map(|hop| Address::from(hop.to_string())).collect();
    assert!(longest.validate().is_ok());
    assert_eq!(longest.to_string().parse(), Ok(longest.clone()));
    let bytes = postcard::to_allocvec(&longest).unwrap();
    assert_eq!(postcard::from_bytes(&bytes), Ok(longest.clone()));

    let longer = route![longest, "one more"];
    assert!(longer.validate().is_err());
    assert!(longer.to_string().parse::<Route>().is_err());
    let bytes = postcard::to_allocvec(&longer).unwrap();
    assert!(postcard::from_bytes::<Route>(&bytes).is_err());
}

#[test]
fn the_macro_takes_whatever_converts_into_a_route() {
    struct Connection;
    impl From<Connection> for Route {
        fn from(_: Connection) -> Self {
            route!["conn"]
        }
    }
    let address = Address::from("h1");
    let tail = route!["h2", String::from("echoer"),];
    let text = route![Connection, &address, (TransportType::new(1), "a:1"), &tail].to_string();
    assert_eq!(text, "0#conn => 0#h1 => 1#a:1 => 0#h2 => 0#echoer");
    assert_eq!(route![Connection], route!["conn"]);
}
