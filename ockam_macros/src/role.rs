//! Owns the requirements of the traits `Worker` and `Processor` as data: the associated types, the
//! methods, and common wrong names for them. The tables follow the declarations of the traits. The
//! checks are in `block` and `method`.

use crate::argument::Attribute;
use crate::spelling;

/// One of the two traits that can be checked.
pub(crate) struct Role {
    /// The attribute that checks it.
    pub(crate) attribute: Attribute,
    /// The name of the trait.
    pub(crate) name: &'static str,
    /// The word for an implementer in messages.
    pub(crate) noun: &'static str,
    /// The associated types, all of them required.
    pub(crate) types: &'static [&'static str],
    /// The methods.
    pub(crate) methods: &'static [Method],
    /// Common wrong names, with the name that is meant.
    synonyms: &'static [(&'static str, &'static str)],
}

/// One method of a role.
pub(crate) struct Method {
    /// Its name.
    pub(crate) name: &'static str,
    /// `true` if the trait has no default implementation.
    pub(crate) is_required: bool,
    /// `true` if it takes a message after the context.
    pub(crate) takes_message: bool,
    /// The type that it returns on success, as the `T` in `Result<T>`.
    pub(crate) answer: &'static str,
}

const INITIALIZE: Method = hook("initialize");
const SHUTDOWN: Method = hook("shutdown");

const fn hook(name: &'static str) -> Method {
    Method { name, is_required: false, takes_message: false, answer: "()" }
}

/// The trait `Worker`.
pub(crate) static WORKER: Role = Role {
    attribute: Attribute { name: "#[ockam::worker]", accepts: &["crate"] },
    name: "Worker",
    noun: "worker",
    types: &["Context", "Message"],
    methods: &[
        INITIALIZE,
        Method { name: "handle_message", is_required: true, takes_message: true, answer: "()" },
        SHUTDOWN,
    ],
    synonyms: &[
        ("Ctx", "Context"),
        ("Msg", "Message"),
        ("init", "initialize"),
        ("start", "initialize"),
        ("started", "initialize"),
        ("handle", "handle_message"),
        ("message", "handle_message"),
        ("on_message", "handle_message"),
        ("process_message", "handle_message"),
        ("receive", "handle_message"),
        ("stop", "shutdown"),
        ("stopped", "shutdown"),
        ("terminate", "shutdown"),
    ],
};

/// The trait `Processor`.
pub(crate) static PROCESSOR: Role = Role {
    attribute: Attribute { name: "#[ockam::processor]", accepts: &["crate"] },
    name: "Processor",
    noun: "processor",
    types: &["Context"],
    methods: &[
        INITIALIZE,
        Method { name: "process", is_required: true, takes_message: false, answer: "bool" },
        SHUTDOWN,
    ],
    synonyms: &[
        ("Ctx", "Context"),
        ("init", "initialize"),
        ("start", "initialize"),
        ("started", "initialize"),
        ("run", "process"),
        ("step", "process"),
        ("stop", "shutdown"),
        ("stopped", "shutdown"),
        ("terminate", "shutdown"),
    ],
};

impl Role {
    /// Returns the other role.
    pub(crate) fn other(&self) -> &'static Role {
        match self.name == WORKER.name {
            true => &PROCESSOR,
            false => &WORKER,
        }
    }

    /// Returns the method of this name.
    pub(crate) fn method(&self, name: &str) -> Option<&'static Method> {
        self.methods.iter().find(|method| method.name == name)
    }

    /// Returns whether an associated type or a method has this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.types.contains(&name) || self.method(name).is_some()
    }

    /// Returns the name of the type or method that a wrong name stands for.
    pub(crate) fn meant_by(&self, name: &str, is_type: bool) -> Option<&'static str> {
        let methods: Vec<&'static str> = self.methods.iter().map(|method| method.name).collect();
        let known: &[&'static str] = if is_type { self.types } else { &methods };
        let synonym =
            self.synonyms.iter().find(|(other, meant)| *other == name && known.contains(meant));
        synonym.map(|(_, meant)| *meant).or_else(|| spelling::closest(name, known.iter().copied()))
    }
}

impl Method {
    /// Returns the signature for messages to the user.
    pub(crate) fn form(&self) -> String {
        let message = if self.takes_message { ", msg: Routed<Self::Message>" } else { "" };
        format!(
            "async fn {}(&mut self, ctx: &mut Context{message}) -> {}",
            self.name,
            self.output()
        )
    }

    /// Returns the return type for messages to the user.
    pub(crate) fn output(&self) -> String {
        format!("Result<{}>", self.answer)
    }

    /// Returns the number of arguments besides `self`.
    pub(crate) fn arity(&self) -> usize {
        1 + usize::from(self.takes_message)
    }
}

#[cfg(test)]
mod tests {
    use super::{PROCESSOR, WORKER};

    #[test]
    fn names_are_recognised_by_spelling_and_by_meaning() {
        assert_eq!(WORKER.meant_by("handle_mesage", false), Some("handle_message"));
        assert_eq!(WORKER.meant_by("initialise", false), Some("initialize"));
        assert_eq!(WORKER.meant_by("stop", false), Some("shutdown"));
        assert_eq!(WORKER.meant_by("Msg", true), Some("Message"));
        assert_eq!(WORKER.meant_by("Msg", false), None);
        assert_eq!(PROCESSOR.meant_by("run", false), Some("process"));
        assert_eq!(PROCESSOR.meant_by("encode", false), None);
    }

    #[test]
    fn every_synonym_means_a_name_that_exists() {
        for role in [&WORKER, &PROCESSOR] {
            for (other, meant) in role.synonyms {
                assert!(role.has(meant), "{other} means {meant}");
                assert!(!role.has(other), "{other} is a correct name");
            }
        }
    }

    #[test]
    fn forms_are_what_a_user_writes() {
        let form = "async fn process(&mut self, ctx: &mut Context) -> Result<bool>";
        assert_eq!(PROCESSOR.method("process").map(|method| method.form()), Some(form.into()));
        let form = WORKER.method("handle_message").map(|method| method.form()).unwrap_or_default();
        assert!(
            form.starts_with("async fn handle_message(&mut self, ctx: &mut Context, "),
            "{form}"
        );
        assert!(form.ends_with("msg: Routed<Self::Message>) -> Result<()>"), "{form}");
    }
}
