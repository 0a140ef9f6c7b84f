//! Every way to write `main` that a node accepts.

mod owned {
    use ockam::{Context, Result};

    /// Documentation stays.
    #[ockam::node]
    #[allow(clippy::unused_async)]
    pub async fn main(_ctx: Context) -> Result<()> {
        Ok(())
    }
}

mod changing {
    #[ockam::node]
    pub async fn main(mut ctx: ockam::Context) -> ockam::Result<()> {
        let _: &mut ockam::Context = &mut ctx;
        Ok(())
    }
}

mod borrowed {
    use ockam::Context as NodeContext;

    #[ockam::node(crate = "::ockam")]
    pub async fn main(ctx: &mut NodeContext) -> Result<(), std::io::Error> {
        let _ = ctx;
        Ok(())
    }
}

mod patient {
    #[ockam::node(stop_timeout = "30s", crate = "::ockam")]
    pub async fn main() {}
}

mod renamed {
    mod facade {
        pub use ockam::*;
    }

    #[ockam::node(crate = "facade")]
    #[inline(never)]
    pub(crate) async fn main(_: facade::Context) {}
}

mod absent {
    #[ockam::node]
    pub async fn main() -> std::process::ExitCode {
        std::process::ExitCode::SUCCESS
    }
}

pub fn main() {
    let _: fn() -> ockam::Result<()> = owned::main;
    let _: fn() -> ockam::Result<()> = changing::main;
    let _: fn() -> Result<(), std::io::Error> = borrowed::main;
    let _: fn() = renamed::main;
    let _: fn() -> std::process::ExitCode = absent::main;
}
