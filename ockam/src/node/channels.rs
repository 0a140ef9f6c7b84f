//! The node's calls for identities and secure channels.

use super::Node;
use ockam_core::{Address, Result, Route};
use ockam_identity::{
    CredentialAndPurposeKey, Identifier, Identities, NodeRng, SecureChannel, SecureChannelListener,
    SecureChannelListenerOptions, SecureChannelOptions,
};

impl Node {
    /// Returns the identities of the node, and what it knows of others. Unless the program says
    /// otherwise they are in memory only.
    #[must_use]
    pub fn identities(&self) -> &Identities {
        &self.identities
    }

    /// Uses other identities than those in memory: with another vault, for example.
    #[must_use]
    pub fn with_identities(mut self, identities: Identities) -> Self {
        self.identities = identities;
        self
    }

    /// Makes an identity with a new Ed25519 key.
    ///
    /// # Errors
    /// As [`Identities::create_identity`].
    ///
    /// # Cancel safety
    /// As [`Identities::create_identity`].
    pub async fn create_identity(&self) -> Result<Identifier> {
        self.identities.create_identity(&mut NodeRng::new(self)).await
    }

    /// Remembers the history of another identity, and returns whose it is.
    ///
    /// # Errors
    /// As [`Identities::import`].
    pub fn import_identity(&self, history: &[u8]) -> Result<Identifier> {
        self.identities.import(history, None)
    }

    /// Starts a worker that makes secure channels with whoever asks for one and is trusted.
    ///
    /// # Errors
    /// As [`Identities::create_secure_channel_listener`].
    ///
    /// # Cancel safety
    /// As [`Identities::create_secure_channel_listener`].
    pub async fn create_secure_channel_listener(
        &self,
        identifier: &Identifier,
        address: impl Into<Address>,
        options: SecureChannelListenerOptions,
    ) -> Result<SecureChannelListener> {
        self.identities.create_secure_channel_listener(self, identifier, address, options).await
    }

    /// Makes a secure channel to the listener at the end of a route, and returns when the other
    /// side has proved who it is, and has said that it takes this side.
    ///
    /// # Errors
    /// As [`Identities::create_secure_channel`].
    ///
    /// # Cancel safety
    /// As [`Identities::create_secure_channel`].
    pub async fn create_secure_channel(
        &self,
        identifier: &Identifier,
        route: impl Into<Route>,
        options: SecureChannelOptions,
    ) -> Result<SecureChannel> {
        self.identities.create_secure_channel(self, identifier, route, options).await
    }

    /// Asks an issuer for a credential of an identity of this node, and verifies it.
    ///
    /// The route leads through a channel that trusts exactly the issuer:
    /// `route![channel, CREDENTIAL_ISSUER]`.
    ///
    /// # Errors
    /// As [`Identities::request_credential`].
    ///
    /// # Cancel safety
    /// As [`Identities::request_credential`].
    pub async fn request_credential(
        &self,
        route: impl Into<Route>,
        subject: &Identifier,
        issuer: &Identifier,
    ) -> Result<CredentialAndPurposeKey> {
        self.identities.request_credential(self, route, subject, issuer).await
    }
}
