//! The text of identifiers.

use ockam_identity::{Identifier, IdentifierError};

const TEXT: &str = "I5758405368fdc38e81cfe282567f3de9336873066460c3d01986d0d2eb611122";

#[test]
fn white_space_and_either_case_are_accepted() {
    let identifier: Identifier = TEXT.parse().unwrap();
    let upper = format!("I{}", TEXT[1..].to_uppercase());
    for text in [format!(" {TEXT}\n"), format!("\t{upper} "), upper] {
        assert_eq!(text.parse(), Ok(identifier), "{text}");
    }
    assert_eq!(identifier.to_string(), TEXT);
}

#[test]
fn everything_else_is_refused_and_says_why() {
    let cases = [
        (String::new(), IdentifierError::Prefix),
        (TEXT[1..].to_string(), IdentifierError::Prefix),
        (format!("i{}", &TEXT[1..]), IdentifierError::Prefix),
        ("I".to_string(), IdentifierError::Length(0)),
        (TEXT[..64].to_string(), IdentifierError::Length(63)),
        (format!("{TEXT}0"), IdentifierError::Length(65)),
        (format!("I {}", &TEXT[1..]), IdentifierError::Digit(' ')),
        (format!("I0x{}", &TEXT[3..]), IdentifierError::Digit('x')),
        (format!("I+{}", &TEXT[2..]), IdentifierError::Digit('+')),
        (format!("{}g", &TEXT[..64]), IdentifierError::Digit('g')),
        (format!("{}é", &TEXT[..63]), IdentifierError::Digit('é')),
    ];
    for (text, why) in cases {
        assert_eq!(text.parse::<Identifier>(), Err(why), "{text:?}");
    }
}
