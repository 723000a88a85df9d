//! Decides which tokens the load of this section uses: made by people who sign in, before there is anything else in the table, and
//! used at every size. Refresh tokens are rotated from run to run: what wrk has left in its queue is what the next begins with.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::engine::Engine;
use super::rows::Real;
use crate::bench::generator::Values;
use crate::bench::mint::Mint;
use crate::bench::server::Server;
use crate::bench::setup::Setup;
use crate::bench::target::Supply;
use crate::bench::work::{Use, Work};

/// Grants for each work.
pub(super) const BUSY: usize = 2000;

/// Refresh tokens that get lost: in each run those in flight at its end, and two that are tried.
const LOST: usize = 600;

/// More grants than a warm-up and a run use, so that each is used once at most, as where millions are used once a day.
pub(super) const WIDE: usize = 100_000;

/// Tokens in a file.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    file: PathBuf,
    usage: Use,
    wide: bool,
}

impl Pool {
    /// Whether it is that of more grants than a run uses.
    pub(super) fn is_wide(&self) -> bool {
        self.wide
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }
}

impl Supply for Pool {
    /// All that there are.
    fn supply(&mut self, _count: usize) -> anyhow::Result<Option<Values>> {
        let text = fs::read_to_string(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        let count = text.lines().count();
        Ok(Some(Values { file: self.file.clone(), skip: 0, count, leave: self.usage == Use::Rotate }))
    }
}

/// Everything that is used.
pub(super) struct Tokens {
    pub(super) refresh: Pool,
    pub(super) exchange: Pool,
    pub(super) introspect: Pool,
    /// Those of many grants, and these grants.
    pub(super) wide: Option<Pool>,
    pub(super) busy_rows: Real,
    pub(super) wide_rows: Real,
}

impl Tokens {
    /// Makes them on a server that is set up for refreshing.
    pub(super) fn make(setup: &Setup, server: &Server, engine: &Engine, wide: bool) -> anyhow::Result<Self> {
        let pool = |work, name, count| pool(setup, server, work, name, count);
        let refresh = pool(Work::Refresh, "growth-refresh", BUSY + LOST)?;
        let exchange = pool(Work::TokenExchange, "growth-exchange", BUSY)?;
        server.apply(Work::IntrospectOpaque)?;
        let introspect = pool(Work::IntrospectOpaque, "growth-introspect", BUSY)?;
        server.apply(Work::Refresh)?;
        engine.note_real()?;
        let mut busy_rows = Real::default();
        busy_rows.update(&engine.real()?)?;
        let mut all = Real::default();
        let wide = if wide { Some(pool(Work::Refresh, "growth-wide", WIDE)?) } else { None };
        engine.note_real()?;
        all.update(&engine.real()?)?;
        let wide_rows = all.without(&busy_rows);
        Ok(Self { refresh, exchange, introspect, wide, busy_rows, wide_rows })
    }

    /// The rows for a size, as they are now.
    pub(super) fn rows(&mut self, engine: &Engine, wide: bool) -> anyhow::Result<Real> {
        let mut now = Real::default();
        now.update(&engine.real()?)?;
        self.busy_rows.refresh_from(&now);
        self.wide_rows.refresh_from(&now);
        Ok(if wide { self.busy_rows.with(&self.wide_rows) } else { self.busy_rows.clone() })
    }
}

fn pool(setup: &Setup, server: &Server, work: Work, name: &str, count: usize) -> anyhow::Result<Pool> {
    let mut mint = Mint::new(server.port(), work, &setup.generator, setup.generator_processor(), setup.signals)?;
    let made = mint.supply(count)?.context("this work has no values")?;
    // The next ones go into the same file.
    let file = setup.generator.scratch().join(name);
    fs::rename(&made.file, &file).with_context(|| format!("cannot keep {}", file.display()))?;
    Ok(Pool { file, usage: work.usage(), wide: count == WIDE })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn a_pool_gives_what_is_left_of_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "a\nb\n").unwrap();
        let mut pool = Pool { file: file.path().to_owned(), usage: Use::Rotate, wide: false };
        assert_eq!(pool.supply(100).unwrap().map(|values| (values.count, values.leave)), Some((2, true)));
    }
}
