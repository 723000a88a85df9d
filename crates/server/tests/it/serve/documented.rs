//! Pages of the documentation, as far as they are executed: their blocks of code, and a directory where their commands run.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use super::options;
use crate::harness::{Database, Postgres, SUPERUSER, Server, ServerOptions, binary, free_port};

/// A page of `docs/`.
pub(super) struct Page(String);

impl Page {
    pub(super) fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
        Self(std::fs::read_to_string(path).unwrap())
    }

    /// The blocks that follow this comment, without the indentation of a list that they may stand in.
    pub(super) fn blocks(&self, marker: &str) -> Vec<String> {
        let marker = format!("<!-- {marker} -->");
        self.0.split(&marker).skip(1).map(block).collect()
    }

    /// The one block that follows this comment.
    pub(super) fn block(&self, marker: &str) -> String {
        let mut blocks = self.blocks(marker);
        assert_eq!(blocks.len(), 1, "{marker}");
        blocks.remove(0)
    }

    /// The first block at all of this language.
    pub(super) fn first(&self, language: &str) -> String {
        let (_, after) = self.0.split_once(&format!("```{language}\n")).unwrap();
        after.split_once("```").unwrap().0.to_owned()
    }

    pub(super) fn has_heading(&self, heading: &str) -> bool {
        self.0.lines().any(|line| line.trim_start_matches('#').trim() == heading && line.starts_with('#'))
    }
}

fn block(after_marker: &str) -> String {
    let mut lines = after_marker.lines().skip_while(|line| !line.trim_start().starts_with("```"));
    let fence = lines.next().unwrap();
    let indentation = fence.len() - fence.trim_start().len();
    let content = lines.take_while(|line| line.trim() != "```");
    content.map(|line| format!("{}\n", line.get(indentation..).unwrap_or_default())).collect()
}

/// Where the documentation's commands run: a stand-in for `/etc/grantor`, `/var/lib/grantor` and `/var/backups/grantor`,
/// with the program on the path.
pub(super) struct Site {
    page: Page,
    directory: Arc<tempfile::TempDir>,
    storage: Storage,
    issuer: String,
}

/// Where a site has its database.
pub(super) enum Storage {
    /// On a cluster of its own, where the page's commands have made it.
    OwnPostgres(Postgres),
    /// On the cluster of all tests.
    Postgres(Database),
    /// In `/var/lib/grantor`.
    Sqlite,
}

impl Site {
    /// A site that has been installed as docs/operating.md says.
    pub(super) fn install(storage: Storage) -> Self {
        let directory = Arc::new(crate::harness::scratch_dir());
        let bin = directory.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_grantor"), bin.join("grantor")).unwrap();
        let issuer = format!("http://127.0.0.1:{}", free_port());
        let site = Self { page: Page::read("operating.md"), directory, storage, issuer };
        site.run("directories");
        if matches!(site.storage, Storage::OwnPostgres(_)) {
            site.run_as(SUPERUSER, "role and database");
        }
        site.write("grantor.toml", &site.page.first("toml"));
        site.run("install");
        site
    }

    /// Writes a file beside the configuration.
    pub(super) fn write(&self, name: &str, content: &str) {
        std::fs::write(self.directory.path().join(name), content).unwrap();
    }

    /// A file of the site's, by where the page has it.
    pub(super) fn path(&self, path: &str) -> String {
        let directory = self.directory.path().display().to_string();
        let of = |name: &str| format!("{directory}/{name}");
        let path = path.replace("/etc/grantor", &directory);
        path.replace("/var/lib/grantor", &of("lib")).replace("/var/backups/grantor", &of("backups"))
    }

    /// Runs the commands under this name, and gives what they printed.
    #[track_caller]
    pub(super) fn run(&self, name: &str) -> String {
        self.run_as("grantor", name)
    }

    /// The same, as another role of Postgres'.
    #[track_caller]
    pub(super) fn run_as(&self, role: &str, name: &str) -> String {
        let commands = self.path(&self.page.block(&format!("run: {name}")));
        let postgres =
            std::env::var("GRANTOR_TEST_POSTGRES_BIN").expect("no Postgres to test with: run `cargo xtask test`");
        let path = format!("{}/bin:{postgres}:{}", self.path("/etc/grantor"), std::env::var("PATH").unwrap());
        let mut shell = Command::new("sh");
        shell.args(["-eu", "-c", &commands]).env("PATH", path);
        for name in binary().get_envs().map(|(name, _)| name.to_owned()) {
            shell.env_remove(name);
        }
        shell.env("GRANTOR__ISSUER", &self.issuer).env("GRANTOR__DATABASE__URL", self.database_url());
        if let Storage::OwnPostgres(cluster) = &self.storage {
            shell.envs(cluster.environment(role));
        }
        let output = shell.stdin(Stdio::null()).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{commands}\n{out}\n{err}");
        out.into_owned()
    }

    /// Starts a server as the page says.
    pub(super) async fn start(&self) -> Server {
        let config = self.page.first("toml");
        Server::start_with(ServerOptions {
            data_dir: Some(Arc::clone(&self.directory)),
            issuer: Some(self.issuer.clone()),
            settings: vec![
                ("METRICS__LISTEN", format!("127.0.0.1:{}", free_port())),
                ("DATABASE__URL", self.database_url()),
            ],
            ..options(&config)
        })
        .await
    }

    /// Lets so much time pass for the key ring, on the cluster of all tests.
    pub(super) fn age_keys(&self, age: Duration) {
        let Storage::Postgres(database) = &self.storage else { panic!("nobody needs it elsewhere") };
        let age = age.as_millis();
        database.sql(&format!(
            "UPDATE keys SET created_at = created_at - {age}, activates_at = activates_at - {age}, \
             retires_at = retires_at - {age}"
        ));
    }

    fn database_url(&self) -> String {
        match &self.storage {
            Storage::OwnPostgres(cluster) => cluster.url("grantor", "grantor"),
            Storage::Postgres(database) => database.url().to_owned(),
            Storage::Sqlite => self.path("sqlite:/var/lib/grantor/grantor.db"),
        }
    }
}

/// What an operator may write about a client stands on its page, by its name.
#[test]
fn every_setting_of_a_client_is_documented() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/src/client/settings.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let (_, settings) = source.split_once("pub struct ClientSettings {").unwrap();
    let (settings, _) = settings.split_once("\n}").unwrap();
    let names =
        settings.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(':')).map(|(name, _)| name);
    let (page, mut count) = (Page::read("clients.md"), 0);
    for name in names.filter(|name| *name != "unknown") {
        assert!(page.0.contains(&format!("`{name}`")), "{name}");
        count += 1;
    }
    assert!(count > 30, "{count}");
}
