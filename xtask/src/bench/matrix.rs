//! Decides the matrix: every work on every store, each with few, some and many connections. Each work has a server and a
//! database of its own, so that none finds what another has left.

use super::mint::Mint;
use super::options::Store;
use super::pair::Contender;
use super::report::{GRANTOR, Row};
use super::server::Server;
use super::setup::Setup;
use super::target::Target;
use super::work::Work;

/// Measures the matrix. A work that cannot be measured is noted, and the next one's turn comes.
pub(super) fn run(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for work in setup.options.works() {
        for store in setup.options.stores() {
            setup.signals.check()?;
            rows.extend(measure(setup, work, store, &setup.options.connections())?);
        }
    }
    Ok(rows)
}

/// Measures one work on one store, with each number of connections. What cannot be measured is noted.
pub(super) fn measure(setup: &Setup, work: Work, store: Store, connections: &[usize]) -> anyhow::Result<Vec<Row>> {
    let title = format!("{} on {}", work.name(), store.name());
    let rows = on_grantor(setup, work, store, |target, mint| {
        let mut rows = Vec::new();
        for &connections in connections {
            if let Some(database) = target.database {
                database.checkpoint()?;
            }
            let measured = setup.procedure().measure(&title, target, mint, connections);
            if let Some(measured) = setup.noted(&format!("{title}, {connections} connections"), measured)? {
                rows.push(Row::new(GRANTOR, work, store.name(), connections, measured));
            }
        }
        Ok(rows)
    });
    Ok(setup.tried(&title, rows)?.unwrap_or_default())
}

/// Grantor, warmed up to be compared with something else, and how it is called there.
pub(super) fn contender<'a>(
    setup: &'a Setup,
    server: &str,
    store: Store,
    target: &'a Target<'a>,
    mint: &'a mut Mint<'_>,
    connections: usize,
) -> anyhow::Result<Contender<'a>> {
    if let Some(database) = target.database {
        database.checkpoint()?;
    }
    let title = format!("{} of {server} on {}", target.work.name(), store.name());
    let course = setup.procedure().course(&title, target, mint, connections)?;
    Ok(Contender { server: server.to_owned(), store: store.name(), course })
}

/// Does something with a Grantor that is set up for a work, and with what makes its values.
pub(super) fn on_grantor<T>(
    setup: &Setup,
    work: Work,
    store: Store,
    measure: impl FnOnce(&Target, &mut Mint) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let database = setup.database(store)?;
    let url = database.as_ref().map(|database| database.url());
    let server = Server::start(&setup.binary(), work, url.as_deref(), setup.signals)?;
    let mut mint = Mint::new(server.port(), work, &setup.generator, setup.generator_processor(), setup.signals)?;
    let target = Target::of_grantor(&server, work, database.as_ref(), &mint);
    measure(&target, &mut mint)
}
