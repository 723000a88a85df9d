//! Decides how the one-time values of a work are made on Grantor: a person signs in and consents once, and then the generator
//! itself asks for codes, and redeems them for tokens. What it keeps is used in the run that follows.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, ensure};

use super::generator::{Generator, Load, Take, Template, Values};
use super::person::{Session, sign_in};
use super::settings::{CLIENT, PERSON};
use super::target::{self, Supply};
use super::work::{Need, Use, Work, code_form};
use crate::signals::Signals;

/// Enough to make values as fast as the server does.
const CONNECTIONS: usize = 16;

/// Codes beside those wanted: some are in flight when the last token is kept, and wrk tries its script once.
const SPARE: usize = 2 * CONNECTIONS;

/// Making values ends by itself when there are enough.
const LIMIT_SECONDS: u64 = 300;

/// Makes values for one work on one server.
pub(super) struct Mint<'a> {
    port: u16,
    work: Work,
    session: Session,
    generator: &'a Generator,
    processor: Option<usize>,
    signals: &'a Signals,
    /// What is used again and again is made once.
    kept: Option<Values>,
}

impl<'a> Mint<'a> {
    /// Signs in.
    pub(super) fn new(
        port: u16,
        work: Work,
        generator: &'a Generator,
        processor: Option<usize>,
        signals: &'a Signals,
    ) -> anyhow::Result<Self> {
        let session = sign_in(port, CLIENT, work.scope(), PERSON).context("the sign-in before the run")?;
        Ok(Self { port, work, session, generator, processor, signals, kept: None })
    }

    /// The authorization request that needs no page any more.
    pub(super) fn authorization(&self) -> Template {
        Template {
            path: self.session.request.clone(),
            headers: vec![("Cookie", self.session.cookie.clone())],
            pattern: Work::Authorize.pattern(),
            ..Template::default()
        }
    }

    fn codes(&self, count: usize) -> anyhow::Result<PathBuf> {
        self.keep("code", count, &self.authorization(), None)
    }

    fn tokens(&self, what: &'static str, count: usize) -> anyhow::Result<PathBuf> {
        let file = self.codes(count + SPARE)?;
        let template = Template {
            path: target::TOKEN_PATH.to_owned(),
            headers: vec![("Authorization", target::credentials())],
            form: Some(code_form()),
            usage: Some(Use::Once),
            pattern: None,
        };
        self.keep(what, count, &template, Some(&Values { file, skip: 0, count: count + SPARE, leave: false }))
    }

    fn keep(
        &self,
        what: &'static str,
        wanted: usize,
        template: &Template,
        values: Option<&Values>,
    ) -> anyhow::Result<PathBuf> {
        // Another server may have values of its own.
        let file = self.generator.scratch().join(format!("{what}-{}", self.port));
        let take = Take { what, wanted, file: &file };
        let load = Load {
            template,
            values,
            take: Some(&take),
            connections: CONNECTIONS,
            pause_ms: None,
            seconds: LIMIT_SECONDS,
            processor: self.processor,
        };
        let outcome = self.generator.run(self.port, load, self.signals)?;
        let kept = fs::read_to_string(&file).context("wrk kept nothing")?.lines().count();
        ensure!(
            kept == wanted,
            "of {wanted} values ({what}) {kept} were made; {} answers failed, {} were not as expected",
            outcome.failed,
            outcome.unexpected
        );
        Ok(file)
    }
}

impl Supply for Mint<'_> {
    fn supply(&mut self, count: usize) -> anyhow::Result<Option<Values>> {
        if let Some(kept) = self.kept.as_ref().filter(|kept| kept.count >= count) {
            return Ok(Some(kept.clone()));
        }
        let file = match self.work.need() {
            Need::Nothing | Need::Session => return Ok(None),
            Need::Code => self.codes(count)?,
            Need::RefreshToken => self.tokens("refresh_token", count)?,
            Need::AccessToken => self.tokens("access_token", count)?,
        };
        let values = Values { file, skip: 0, count, leave: false };
        if self.work.usage() == Use::Cycle {
            self.kept = Some(values.clone());
        }
        Ok(Some(values))
    }
}
