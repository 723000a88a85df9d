//! Decides what is measured, and how: the release build under load, against peers and against our own ceiling.
//!
//! A section is a file of its own: `run` measures, `page` makes its table, and [`run`] here puts it on the page.

mod balancer;
mod bars;
mod builds;
mod ceiling;
mod child;
mod clients;
mod database;
mod figures;
mod generator;
mod growth;
mod half;
mod http;
mod machine;
mod matrix;
mod measure;
mod mint;
mod options;
mod pace;
mod page;
mod pair;
mod passwords;
mod peer;
mod peers;
mod person;
mod proc;
mod replicas;
mod report;
mod running;
mod server;
mod settings;
mod setup;
mod start;
mod target;
mod work;

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use serde::Serialize;

// What the probe needs of peers, too.
pub(crate) use self::child::Running as RunningPeer;
pub(crate) use self::peer::{Peer, PeerStore, Start as PeerStart};
pub(crate) use self::settings::{CLIENT, SECRET};
pub(crate) use self::work::{REDIRECT_URI, VERIFIER, Work};

use self::machine::Machine;
pub(crate) use self::options::Options;
use self::options::Section;
use self::page::Page;
use self::report::Report;
use self::setup::Setup;
use crate::signals::Signals;

/// `cargo xtask bench`.
pub(crate) fn run(options: &Options, signals: &Signals) -> anyhow::Result<()> {
    let setup = Setup::new(options, signals)?;
    let mut results = Results::default();
    let measured = measure(&setup, &mut results);
    if results.texts.is_empty() {
        return measured;
    }
    let machine = Machine::look(&setup)?;
    let problems = setup.problems();
    results.show(&machine);
    if options.writes_page() {
        results.write_page(&machine, &problems)?;
    }
    Report { machine, sections: results.json, problems: problems.clone() }.write()?;
    // An hour's sections are not lost for one after them that cannot be measured.
    measured.context("the sections before it are kept, this one failed")?;
    if !problems.is_empty() {
        bail!("not everything was as it should be:\n  {}", problems.join("\n  "));
    }
    Ok(())
}

fn measure(setup: &Setup, results: &mut Results) -> anyhow::Result<()> {
    let options = setup.options;
    let pinned = |pinned, unpinned| if options.unpinned { unpinned } else { pinned };
    if let Some(address) = &options.url {
        let pairs = running::run(setup, address)?;
        results.add("url", "Against a running server", peers::page(&pairs), &pairs)?;
    }
    if let Some(program) = &options.against {
        let pairs = builds::run(setup, program)?;
        results.add("builds", "Against another build", builds::page(&pairs), &pairs)?;
    }
    if options.has(Section::Bars) {
        let bars = bars::run(setup)?;
        results.add("bars", "What was asked for", bars::page(&bars), &bars)?;
    }
    if options.has(Section::Matrix) {
        let rows = matrix::run(setup)?;
        let (name, title) = pinned(("matrix", "Every work"), ("matrix-unpinned", "Every work, on every processor"));
        results.add(name, title, report::matrix(&rows), &rows)?;
    }
    if options.compares_with_ceiling()
        && let Some(pair) = setup.tried("the ceiling", ceiling::run(setup))?
    {
        results.add("ceiling", "Against our own ceiling", ceiling::page(&pair), &pair)?;
    }
    if options.compares_with_peers() {
        let pairs = peers::run(setup)?;
        let (name, title) = pinned(("peers", "Against peers"), ("peers-unpinned", "Against peers, on every processor"));
        results.add(name, title, peers::page(&pairs), &pairs)?;
    }
    if options.has(Section::Half) {
        let halves = half::run(setup)?;
        results.add("half", "At half of saturation", half::page(&halves), &halves)?;
    }
    if options.has(Section::Passwords) {
        let shared = passwords::run(setup)?;
        results.add("passwords", "Beside people who sign in", passwords::page(&shared), &shared)?;
    }
    if options.has(Section::Start) {
        let starts = start::run(setup)?;
        results.add("start", "Start and memory", start::page(&starts), &starts)?;
    }
    if options.has(Section::Growth) {
        let grown = growth::run(setup)?;
        results.add("growth", "With millions of grants", growth::page(&grown), &grown)?;
    }
    if options.has(Section::Clients) {
        let starts = clients::run(setup)?;
        results.add("clients", "With many clients", clients::page(&starts), &starts)?;
    }
    if options.has(Section::Replicas) {
        let rows = replicas::run(setup)?;
        results.add("replicas", "With more servers", replicas::page(&rows), &rows)?;
    }
    Ok(())
}

/// The sections that were measured.
#[derive(Default)]
struct Results {
    /// Name, title and text.
    texts: Vec<(&'static str, &'static str, String)>,
    json: BTreeMap<&'static str, serde_json::Value>,
}

impl Results {
    fn add(
        &mut self,
        name: &'static str,
        title: &'static str,
        text: String,
        rows: &impl Serialize,
    ) -> anyhow::Result<()> {
        self.json.insert(name, serde_json::to_value(rows)?);
        self.texts.push((name, title, text));
        Ok(())
    }

    fn show(&self, machine: &Machine) {
        println!("\n{}", machine.page());
        for (_, title, text) in &self.texts {
            println!("{title}\n\n{text}");
        }
    }

    /// What went wrong stands beside the figures: an hour's run is not lost for one of them, and none is taken for sound.
    fn write_page(&self, machine: &Machine, problems: &[String]) -> anyhow::Result<()> {
        let mut page = Page::read();
        let machine = machine.page();
        let wrong = format!("**Not as it should be** in this run: {}.", problems.join("; "));
        let above = if problems.is_empty() { machine } else { format!("{}\n\n{wrong}", machine.trim_end()) };
        for (name, title, text) in &self.texts {
            page.put(name, title, &[&above, text]);
        }
        page.write()?;
        println!("written: {}", page::PAGE);
        Ok(())
    }
}
