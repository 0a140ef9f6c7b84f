//! The text form of a route: `0#h1 => 0#echoer`.
//!
//! It owns the arrow and the spaces around it. It refuses to know the text of an address, which
//! takes care that no name contains the arrow.

use core::fmt;
use core::str::FromStr;

use super::route::Route;
use super::route_error::RouteError;

/// Stands between two hops, with any white space around it.
const ARROW: &str = "=>";

/// Writes the addresses with ` => ` between them, and nothing for an empty route.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for address in self {
            write!(f, "{separator}{address}")?;
            separator = " => ";
        }
        Ok(())
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads what Display writes, and says which hop of anything else is wrong.
///
/// Each hop is read as strictly as an address is. Text with nothing but white space is the empty
/// route.
///
/// ```
/// use ockam_core::{Route, route};
///
/// assert_eq!("h1 => 1#host:4000=>echoer".parse(), Ok(route!["h1", "1#host:4000", "echoer"]));
///
/// let error = "h1 => tcp#host:4000".parse::<Route>().unwrap_err();
/// assert!(error.to_string().starts_with("hop 2: `tcp` is not a transport type"));
/// ```
impl FromStr for Route {
    type Err = RouteError;

    fn from_str(text: &str) -> Result<Self, RouteError> {
        if text.trim_ascii().is_empty() {
            return Ok(Self::new());
        }
        RouteError::check_len(text.split(ARROW).count())?;
        let hops = text.split(ARROW).enumerate();
        hops.map(|(index, hop)| {
            hop.trim_ascii().parse().map_err(|error| RouteError::Address { hop: index + 1, error })
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route;
    use crate::routing::address_error::AddressError;
    use crate::routing::route::MAX_ROUTE_LEN;
    use alloc::string::ToString;

    #[test]
    fn display_joins_hops() {
        assert_eq!(route!["h1", "1#a:1", "x"].to_string(), "0#h1 => 1#a:1 => 0#x");
        assert_eq!(route![].to_string(), "");
        assert_eq!("  ".parse(), Ok(route![]));
    }

    #[test]
    fn names_with_arrows_and_spaces_come_back() {
        let odd = route![" a => b ", ">", "=", "", "=>"];
        assert_eq!(odd.to_string().parse(), Ok(odd));
    }

    #[test]
    fn errors_name_the_hop() {
        let empty = RouteError::Address { hop: 2, error: AddressError::Empty };
        assert_eq!("a => => b".parse::<Route>(), Err(empty));
        let long = "a=>".repeat(MAX_ROUTE_LEN) + "a";
        assert_eq!(long.parse::<Route>(), Err(RouteError::TooLong { hops: MAX_ROUTE_LEN + 1 }));
    }
}
