//! Listing clients and what is unwise about them.

use grantor_domain::client::{Client, ClientSettings, Warning, lint};
use grantor_ports::{ClientRecord, Unavailable};

use crate::failure::Outcome;
use crate::service::Service;

/// A client, and what is worth changing about it.
#[derive(Clone, Debug)]
pub struct ClientReport {
    /// As registered.
    pub settings: ClientSettings,
    /// How many live secrets it has.
    pub secrets: usize,
    /// What is legacy or weak.
    pub warnings: Vec<Warning>,
}

impl Service {
    /// Every client, by id.
    ///
    /// # Errors
    /// If storage is away, or holds a client that is not valid.
    pub async fn list_clients(&self) -> Outcome<Vec<ClientReport>> {
        let records = self.ports.clients.list().await?;
        Ok(records.into_iter().map(report).collect::<Result<_, _>>()?)
    }
}

fn report(record: ClientRecord) -> Result<ClientReport, Unavailable> {
    let ClientRecord { settings, secrets } = record;
    let client = Client::try_from(settings.clone()).map_err(|error| {
        Unavailable::because(
            "a stored client is not valid",
            format!("clients.settings of {}: {error}", settings.client_id),
        )
    })?;
    Ok(ClientReport { settings, secrets: secrets.len(), warnings: lint(&client, &secrets) })
}
