//! Owns the checks of one method of a worker or a processor: its receiver, its arguments, that it
//! is asynchronous, and what it returns. It reports only what is certain from the tokens alone;
//! comparing types is left to the compiler, because one may be an alias of the other.

use crate::problem::{Problems, written};
use crate::role::{Method, Role};
use quote::ToTokens;
use syn::{
    FnArg, GenericArgument, ImplItemFn, PatType, PathArguments, Receiver, ReceiverKind, ReturnType,
    Type,
};

/// The user's method, and the method that it should be.
pub(crate) struct Checked<'a> {
    pub(crate) role: &'a Role,
    pub(crate) method: &'static Method,
    pub(crate) item: &'a ImplItemFn,
    /// The type of the block's `Message`.
    pub(crate) message: Option<&'a Type>,
}

impl Checked<'_> {
    /// Reports the mistakes of the method.
    pub(crate) fn check(&self, problems: &mut Problems) {
        let Self { item, method, .. } = self;
        let name = method.name;
        if !self.is_asynchronous() {
            let message = format!("`{name}` is asynchronous: write `async fn {name}`");
            problems.at(item.sig.fn_token, message);
        }
        self.check_receiver(problems);
        self.check_arguments(problems);
        self.check_output(problems);
    }

    /// Returns whether it is an `async fn`, or may return a future: its return type is not empty,
    /// not a plain `bool` or `()`, and not named like a result.
    pub(crate) fn is_asynchronous(&self) -> bool {
        let may_be_future = match &self.item.sig.output {
            ReturnType::Default => false,
            ReturnType::Type(_, ty) => !is_plain_answer(ty) && !is_result(ty),
        };
        self.item.sig.asyncness.is_some() || may_be_future
    }

    /// Checks that the receiver is `&mut self`.
    pub(crate) fn has_receiver(&self) -> bool {
        self.item.sig.receiver().is_some_and(borrows_for_changing)
    }

    fn check_receiver(&self, problems: &mut Problems) {
        let (name, noun) = (self.method.name, self.role.noun);
        match self.item.sig.receiver() {
            None => {
                let message = format!(
                    "`{name}` is a method of the {noun}: write `&mut self` as its first argument"
                );
                problems.at(&self.item.sig.ident, message);
            }
            Some(receiver) if !borrows_for_changing(receiver) => {
                let message = format!(
                    "`{name}` borrows the {noun} so that it can change it: write `&mut self`"
                );
                problems.at(receiver, message);
            }
            Some(_) => {}
        }
    }

    /// Returns the arguments besides `self`, each with its index: 0 is the context and 1 the
    /// message. If there are too few, the first one may be the message.
    pub(crate) fn arguments(&self) -> Vec<(usize, &PatType)> {
        let inputs = self.item.sig.inputs.iter();
        let arguments: Vec<&PatType> = inputs
            .filter_map(|input| match input {
                FnArg::Typed(argument) => Some(argument),
                FnArg::Receiver(_) => None,
            })
            .collect();
        let lacks_context = arguments.len() < self.method.arity()
            && arguments.iter().any(|argument| !self.may_be_context(&argument.ty));
        (usize::from(lacks_context)..).zip(arguments).collect()
    }

    fn may_be_context(&self, ty: &Type) -> bool {
        matches!(ty, Type::Reference(_)) || self.correction(0, ty).is_some()
    }

    fn check_arguments(&self, problems: &mut Problems) {
        let Self { method, role, .. } = self;
        let arguments = self.arguments();
        for (index, argument) in &arguments {
            if *index >= method.arity() {
                let noun = role.noun;
                let message =
                    format!("`{}` of a {noun} has no such argument: remove it", method.name);
                problems.at(argument, message);
            } else if let Some(correct) = self.correction(*index, &argument.ty) {
                let fact = match index {
                    0 => "a context is borrowed mutably",
                    _ => "a message arrives together with its routes",
                };
                problems.at(&argument.ty, format_args!("{fact}: write `{correct}`"));
            }
        }
        if arguments.len() < method.arity() {
            let message = format!("`{}` lacks an argument: write `{}`", method.name, method.form());
            problems.at(&self.item.sig.ident, message);
        }
    }

    /// Returns the correct type of an argument that is certainly wrong: a context that is not
    /// borrowed mutably, or a bare message.
    pub(crate) fn correction(&self, index: usize, ty: &Type) -> Option<String> {
        match (index, ty) {
            (0, Type::Path(path)) if path.path.segments.last()?.ident == "Context" => {
                Some("&mut Context".into())
            }
            (0, Type::Reference(reference)) if reference.mutability.is_none() => {
                Some("&mut Context".into())
            }
            (1, ty) => {
                let is_message =
                    self.message.is_some_and(|message| spelling(message) == spelling(ty));
                let is_named =
                    ["Self::Message", "<SelfasWorker>::Message"].contains(&&*spelling(ty));
                (is_message || is_named).then(|| format!("Routed<{}>", written(ty)))
            }
            _ => None,
        }
    }

    fn check_output(&self, problems: &mut Problems) {
        let Method { name, .. } = self.method;
        let output = self.method.output();
        match &self.item.sig.output {
            ReturnType::Default => {
                let message =
                    format!("`{name}` does not say that it can fail: write `-> {output}`");
                problems.at(&self.item.sig.ident, message);
            }
            ReturnType::Type(_, ty) if self.has_wrong_answer() => {
                let message = match self.method.answer {
                    "bool" => {
                        format!("`{name}` returns whether it is called again: write `{output}`")
                    }
                    _ => format!("`{name}` returns nothing on success: write `{output}`"),
                };
                problems.at(ty, message);
            }
            ReturnType::Type(..) => {}
        }
    }

    /// Returns whether the return type is `bool`, `()`, or a `Result` of the wrong one of the two.
    pub(crate) fn has_wrong_answer(&self) -> bool {
        match &self.item.sig.output {
            ReturnType::Default => false,
            ReturnType::Type(_, ty) if is_plain_answer(ty) => true,
            ReturnType::Type(_, ty) => answer(ty).is_some_and(|inner| {
                is_plain_answer(inner) && spelling(inner) != self.method.answer
            }),
        }
    }
}

fn borrows_for_changing(receiver: &Receiver) -> bool {
    match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => mutability.is_some(),
        ReceiverKind::Typed(_, ty) => {
            matches!(&**ty, Type::Reference(reference) if reference.mutability.is_some())
        }
        _ => false,
    }
}

/// Returns `T` of a type that is written `Result<T>` or `Result<T, E>`.
fn answer(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Result")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    }
}

fn is_plain_answer(ty: &Type) -> bool {
    matches!(&*spelling(ty), "bool" | "()")
}

/// Returns whether a type is named like a result, with or without arguments.
fn is_result(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => {
            path.path.segments.last().is_some_and(|last| last.ident.to_string().ends_with("Result"))
        }
        _ => false,
    }
}

/// Returns the tokens of a type without spaces, so that two types can be compared.
fn spelling(ty: &Type) -> String {
    ty.to_token_stream().to_string().split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::Checked;
    use crate::problem::Problems;
    use crate::role::{PROCESSOR, Role, WORKER};
    use syn::{ImplItemFn, Type, parse_quote};

    fn check(role: &Role, name: &str, item: ImplItemFn) -> Vec<String> {
        let message: Type = parse_quote!(String);
        let method = role.method(name).expect("the method is in the table");
        let mut problems = Problems::default();
        Checked { role, method, item: &item, message: Some(&message) }.check(&mut problems);
        problems.into_messages()
    }

    #[test]
    fn correct_methods_pass() {
        let methods: [ImplItemFn; 5] = [
            parse_quote!(
                fn handle_message(&mut self, c: &mut Context, m: M) -> Ready<Result<()>> {}
            ),
            parse_quote!(
                async fn handle_message(
                    &mut self,
                    ctx: &mut Context,
                    msg: Routed<Alias>,
                ) -> Result<()> {
                }
            ),
            parse_quote!(
                async fn handle_message(
                    &mut self,
                    _: &mut Self::Context,
                    _: Routed<Any>,
                ) -> ockam::Result<()> {
                }
            ),
            parse_quote!(
                fn handle_message(
                    &mut self,
                    c: &mut Context,
                    m: M,
                ) -> impl Future<Output = Result<()>> {
                }
            ),
            parse_quote!(
                async fn handle_message(self: &mut Self, c: &mut Context, m: M) -> MyResult {}
            ),
        ];
        for item in methods {
            assert_eq!(check(&WORKER, "handle_message", item), [""; 0]);
        }
    }

    #[test]
    fn all_mistakes_of_a_method_are_reported() {
        let item = parse_quote!(
            fn handle_message(&self, ctx: &Context, msg: String, more: u8) -> Result<bool> {}
        );
        let messages = check(&WORKER, "handle_message", item);
        let parts = [
            "`async fn handle_message`",
            "`&mut self`",
            "`&mut Context`",
            "`Routed<String>`",
            "no such",
            "nothing",
        ];
        assert_eq!(messages.len(), parts.len(), "{messages:?}");
        for (message, part) in messages.iter().zip(parts) {
            assert!(message.contains(part), "{part}: {message}");
        }
    }

    #[test]
    fn a_bare_method_is_told_all_that_it_lacks() {
        let messages = check(
            &PROCESSOR,
            "process",
            parse_quote!(
                fn process() {}
            ),
        );
        for (message, part) in
            messages.iter().zip(["asynchronous", "first argument", "lacks", "-> Result<bool>"])
        {
            assert!(message.contains(part), "{part}: {message}");
        }
    }

    #[test]
    fn a_processor_answers_whether_it_is_called_again() {
        let item = parse_quote!(
            async fn process(&mut self, ctx: &mut Context) -> Result<()> {}
        );
        assert!(check(&PROCESSOR, "process", item)[0].contains("called again"));
    }
}
