//! `grantor user import`: every line is checked before the first user is written, and what became of each is counted.

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use grantor_application::Service;
use grantor_application::admin::ImportedUser;
use grantor_domain::secret::sha256;
use grantor_ports::{ImportMode, Imported, UserCredentials};
use serde::Serialize;

use super::import_file::ImportFile;
use crate::cli::{ImportArgs, Storage};
use crate::{commands, output};

/// Users a transaction.
const BATCH: usize = 500;

/// How many lines that do not pass are named: who sees twenty knows what is wrong with the rest.
const NAMED: usize = 20;

/// Imports and prints what became of the file.
pub(super) fn run(storage: &Storage, args: &ImportArgs) -> anyhow::Result<()> {
    let file = ImportFile::open(&args.file)?;
    let mode = if args.dry_run { ImportMode::Rehearse } else { ImportMode::Commit };
    let report = commands::administer(storage, async |service| {
        let (count, checked) = check(service, &file, mode)?;
        if checked.refused_count > 0 {
            return Ok(checked);
        }
        let report = write(service, &file, mode).await?;
        ensure!(count == report.count(), "{CHANGED}");
        Ok(report)
    })?;
    output::print(args.output, &report)?;
    match (report.refused_count, report.inserted + report.unchanged) {
        (0, _) => Ok(()),
        (refused, 0) => bail!("{} of no use: mend the file and import it again", lines(refused)),
        (refused, _) => {
            bail!("{} not imported: mend them and import the file again; it goes on from there", lines(refused))
        }
    }
}

fn lines(count: u64) -> String {
    if count == 1 { "1 line was".to_owned() } else { format!("{count} lines were") }
}

/// What became of a file.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Report {
    dry_run: bool,
    inserted: u64,
    unchanged: u64,
    refused_count: u64,
    /// The first of them.
    refused: Vec<Refused>,
}

/// A line that was not imported.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Refused {
    line: u64,
    reason: String,
}

impl Report {
    fn of(mode: ImportMode) -> Self {
        Self { dry_run: mode == ImportMode::Rehearse, ..Self::default() }
    }

    /// How many lines it is about.
    const fn count(&self) -> u64 {
        self.inserted + self.unchanged + self.refused_count
    }

    fn refuse(&mut self, line: u64, reason: String, named: usize) {
        self.refused_count += 1;
        if self.refused.len() < named {
            self.refused.push(Refused { line, reason });
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Refused { line, reason } in &self.refused {
            writeln!(f, "line {line}: {reason}")?;
        }
        let unnamed = self.refused_count - self.refused.len() as u64;
        if unnamed > 0 {
            writeln!(f, "and {unnamed} more")?;
        }
        let Self { inserted, unchanged, refused_count, .. } = self;
        let would = if self.dry_run { "nothing was written; this would be: " } else { "" };
        write!(f, "{would}{inserted} imported, {unchanged} there already, {refused_count} refused")
    }
}

/// Looks at every line, and at who is in the file twice. Says how many lines there are.
fn check(service: &Service, file: &ImportFile<'_>, mode: ImportMode) -> anyhow::Result<(u64, Report)> {
    let (mut report, mut names, mut progress) = (Report::of(mode), Names::default(), Progress::new("checked"));
    let mut count = 0;
    for line in file.lines()? {
        let (number, user) = line?;
        let read = user.and_then(|user| {
            names.add(&user, number)?;
            service.read_imported(user).map_err(|unusable| unusable.to_string())
        });
        if let Err(reason) = read {
            report.refuse(number, reason, NAMED);
        }
        count += 1;
        progress.tell(count);
    }
    Ok((count, report))
}

/// Writes every user, or finds out what would become of them. The file has passed [`check`].
async fn write(service: &Service, file: &ImportFile<'_>, mode: ImportMode) -> anyhow::Result<Report> {
    let mut report = Report::of(mode);
    let mut progress = Progress::new(if report.dry_run { "looked up" } else { "imported" });
    let mut lines = file.lines()?;
    loop {
        let batch: Vec<(u64, UserCredentials)> =
            lines.by_ref().take(BATCH).map(|line| user_of(service, line?)).collect::<anyhow::Result<_>>()?;
        if batch.is_empty() {
            return Ok(report);
        }
        let (numbers, users): (Vec<u64>, Vec<UserCredentials>) = batch.into_iter().unzip();
        let outcomes = service.import_users(&users, mode).await.with_context(|| {
            format!("{} users were imported before; import the file again, and it goes on from there", report.inserted)
        })?;
        for (number, outcome) in numbers.into_iter().zip(outcomes) {
            match outcome {
                Imported::Inserted => report.inserted += 1,
                Imported::NameTaken => report.refuse(number, NAME_TAKEN.to_owned(), usize::MAX),
                Imported::Unchanged => report.unchanged += 1,
            }
        }
        progress.tell(report.count());
    }
}

/// What a file must not do between being checked and being imported.
const CHANGED: &str = "the file was changed while it was imported; import it again, and it goes on from there";

/// Why storage refuses a user.
const NAME_TAKEN: &str =
    "its subject is that of a client or of a user with another username, or its username is another user's";

fn user_of(service: &Service, (number, user): super::import_file::Line) -> anyhow::Result<(u64, UserCredentials)> {
    let read = user.and_then(|user| service.read_imported(user).map_err(|unusable| unusable.to_string()));
    match read {
        Ok(user) => Ok((number, user)),
        Err(reason) => bail!("line {number}: {reason}; {CHANGED}"),
    }
}

/// Who is in the file so far, by a digest of each name, so that a long file fits into memory.
#[derive(Default)]
struct Names(HashMap<[u8; 16], u64>);

impl Names {
    /// Adds a user of a line.
    ///
    /// # Errors
    /// If an earlier line has one of their names.
    fn add(&mut self, user: &ImportedUser, line: u64) -> Result<(), String> {
        for (kind, name) in [("subject", user.subject.as_str()), ("username", user.username.as_str())] {
            let digest = sha256(format!("{kind} {name}").as_bytes());
            let short = std::array::from_fn(|index| digest.get(index).copied().unwrap_or_default());
            if let Some(earlier) = self.0.insert(short, line) {
                return Err(format!("its {kind} is that of line {earlier}"));
            }
        }
        Ok(())
    }
}

/// Tells on standard error how far the work is, every other second once it has taken one.
struct Progress {
    done: &'static str,
    next: Instant,
}

impl Progress {
    fn new(done: &'static str) -> Self {
        Self { done, next: Instant::now() + Duration::from_secs(1) }
    }

    fn tell(&mut self, count: u64) {
        let now = Instant::now();
        if now >= self.next {
            eprintln!("{count} users {}", self.done);
            self.next = now + Duration::from_secs(2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(subject: &str, username: &str) -> ImportedUser {
        serde_json::from_value(serde_json::json!({ "subject": subject, "username": username })).unwrap()
    }

    #[test]
    fn who_is_in_the_file_twice_is_told_by_line() {
        let mut names = Names::default();
        assert_eq!(names.add(&user("a", "b"), 1), Ok(()));
        assert_eq!(names.add(&user("b", "a"), 2), Ok(()), "a subject is no username");
        assert_eq!(names.add(&user("a", "c"), 3), Err("its subject is that of line 1".to_owned()));
        assert_eq!(names.add(&user("c", "B"), 4), Err("its username is that of line 1".to_owned()));
    }

    #[test]
    fn a_report_counts_and_names() {
        let mut report = Report { inserted: 3, unchanged: 1, ..Report::default() };
        insta::assert_snapshot!(report, @"3 imported, 1 there already, 0 refused");
        for line in [2, 5, 9] {
            report.refuse(line, "is no JSON object (column 1)".to_owned(), 2);
        }
        insta::assert_snapshot!(report, @"
        line 2: is no JSON object (column 1)
        line 5: is no JSON object (column 1)
        and 1 more
        3 imported, 1 there already, 3 refused
        ");
        insta::assert_snapshot!(output::json(&report).unwrap(), @r#"
        {
          "dry_run": false,
          "inserted": 3,
          "unchanged": 1,
          "refused_count": 3,
          "refused": [
            {
              "line": 2,
              "reason": "is no JSON object (column 1)"
            },
            {
              "line": 5,
              "reason": "is no JSON object (column 1)"
            }
          ]
        }
        "#);
        let rehearsed = Report { dry_run: true, ..Report::default() };
        insta::assert_snapshot!(rehearsed, @"nothing was written; this would be: 0 imported, 0 there already, 0 refused");
    }
}
