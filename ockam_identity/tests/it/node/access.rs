//! Access to workers through a channel.

use super::stage::{Echoer, LISTENER, Stage, identity, soon, until};
use ockam_core::{AllowAll, NeutralMessage, route};
use ockam_identity::{IdentityAnyIdAccessControl, IdentityIdAccessControl, SecureChannelOptions};
use ockam_node::DeadLetterReason;

#[tokio::test]
async fn a_worker_takes_messages_of_one_identity_only() {
    let stage = Stage::new().await;
    let rule = IdentityIdAccessControl::new_with_id(stage.alice);
    stage.ctx.start_worker_with_access_control("echoer", Echoer, rule, AllowAll).await.unwrap();
    stage.let_in("echoer");
    let channel = stage.channel().await;
    let body = NeutralMessage::from(vec![1]);
    let answer =
        stage.ctx.send_and_receive::<NeutralMessage>(route![&channel, "echoer"], body.clone());
    assert_eq!(soon(answer).await.unwrap(), body);

    // Another identity through a channel, and a message without a channel.
    let mallory = identity(&stage.identities, &stage.ctx).await;
    let options = SecureChannelOptions::new();
    let other = stage.identities.create_secure_channel(&stage.ctx, &mallory, LISTENER, options);
    let other = soon(other).await.unwrap();
    let denied = || stage.ctx.dead_letters().count(DeadLetterReason::Denied);
    stage.ctx.send(route![&other, "echoer"], 1u8).await.unwrap();
    until(|| denied() == 1).await;
    assert!(stage.ctx.send("echoer", 1u8).await.is_err());
}

#[tokio::test]
async fn a_worker_takes_messages_of_any_identity_and_none_without_a_channel() {
    let stage = Stage::new().await;
    let rule = IdentityAnyIdAccessControl;
    stage.ctx.start_worker_with_access_control("echoer", Echoer, rule, AllowAll).await.unwrap();
    stage.let_in("echoer");
    let channel = stage.channel().await;
    let body = NeutralMessage::from(vec![1]);
    let answer =
        stage.ctx.send_and_receive::<NeutralMessage>(route![&channel, "echoer"], body.clone());
    assert_eq!(soon(answer).await.unwrap(), body);
    assert!(stage.ctx.send("echoer", 1u8).await.is_err());
}
