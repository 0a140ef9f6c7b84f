//! Routes: their text form, and edits beside the same edits of a plain list.
//!
//! It owns the promises that a route which is displayed is parsed as the same one, and that every
//! edit does to a route what it does to a list, however the route is stored. It refuses to know
//! what is in an address; `address` does.

use std::collections::VecDeque;

use ockam_core::{Address, MAX_ROUTE_LEN, Route, decode, encode};

/// More addresses than a route may have, so that edits meet the limit; they do not enforce it.
const MOST: usize = MAX_ROUTE_LEN + 4;

/// Checks the bytes as a text, as an encoding, and as edits.
pub fn check(data: &[u8]) {
    if let Ok(text) = str::from_utf8(data) {
        check_text(text);
    }
    if let Ok(route) = decode::<Route>(data) {
        check_forms(&route);
    }
    check_edits(data);
}

fn check_text(text: &str) {
    match text.parse::<Route>() {
        Ok(route) => check_forms(&route),
        Err(error) => assert!(error.to_string().len() < 700, "{error}"),
    }
}

/// Checks that a route within its limits comes back from its text and from its encoding.
fn check_forms(route: &Route) {
    assert!(route.is_within_limits() && route.validate().is_ok());
    let text = route.to_string();
    assert_eq!(text.parse().as_ref(), Ok(route), "{text}");
    let encoded = encode(route).expect("a route has no other form");
    assert_eq!(decode(&encoded).as_ref(), Ok(route));
}

/// Takes each byte as an edit with an address.
fn check_edits(data: &[u8]) {
    let (mut route, mut list) = (Route::new(), VecDeque::new());
    for byte in data {
        edit(*byte, &mut route, &mut list);
        check_same(&route, &list);
    }
    check_views(&route, list.make_contiguous());
    if list.len() <= MAX_ROUTE_LEN {
        check_forms(&route);
    }
}

fn edit(byte: u8, route: &mut Route, list: &mut VecDeque<Address>) {
    let (verb, operand) = (byte & 15, byte >> 4);
    // The longest of them are on the heap.
    let address = Address::from("a".repeat(usize::from(operand) * 3));
    match verb {
        0 => {
            route.push_front(&address);
            list.push_front(address);
        }
        1 => {
            route.push_back(&address);
            list.push_back(address);
        }
        2 => assert_eq!(route.pop_front(), list.pop_front()),
        3 => assert_eq!(route.pop_back(), list.pop_back()),
        4 => assert_eq!(route.step().ok(), list.pop_front()),
        5 => {
            route.modify().replace(&address);
            list.pop_front();
            list.push_front(address);
        }
        6 => {
            let part = part(list, operand);
            route.modify().prepend_route(part.clone());
            part.into_iter().rev().for_each(|address| list.push_front(address));
        }
        7 => {
            let part = part(list, operand);
            route.modify().append_route(part.clone());
            list.extend(part);
        }
        8 => {
            let part = part(list, operand);
            route.extend(part.clone());
            list.extend(part);
        }
        9 => *route = Route::from(Vec::from(list.clone())),
        10 => *route = list.iter().cloned().collect(),
        11 => *route = Route::from(&*route),
        12 => {
            *route = route.modify().pop_front().pop_back().append(&address).into();
            list.pop_front();
            list.pop_back();
            list.push_back(address);
        }
        _ => (*route, *list) = (Route::new(), VecDeque::new()),
    }
    while list.len() > MOST {
        assert_eq!(route.pop_back(), list.pop_back());
    }
}

/// Compares a route with the list after an edit.
fn check_same(route: &Route, list: &VecDeque<Address>) {
    assert!(route.iter().eq(list), "{route} is not {list:?}");
    assert_eq!((route.len(), route.is_empty()), (list.len(), list.is_empty()));
    assert_eq!((route.first(), route.last()), (list.front(), list.back()));
}

/// Compares all that can be asked of a route with the list.
fn check_views(route: &Route, list: &[Address]) {
    assert!(route.clone().into_iter().rev().eq(list.iter().rev().cloned()));
    assert_eq!(route.next().ok(), list.first());
    assert_eq!(route.recipient().ok().as_ref(), list.last());
    assert_eq!(*route, Route::from(list));
    assert_eq!(route.validate().is_ok(), list.len() <= MAX_ROUTE_LEN);
    let middle = list.get(1..list.len().saturating_sub(1)).unwrap_or_default();
    assert!(route.contains_route(&Route::from(middle)));
}

/// Returns the first addresses of the list as a route to splice in.
fn part(list: &VecDeque<Address>, len: u8) -> Route {
    list.iter().take(len.into()).cloned().collect()
}
