//! A database that went back in time: clients hold newer tokens than it remembers, made with keys that it does not
//! remember either. None of them is logged out, and a thief gains nothing.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::alone;
use super::support::{Clients, Honest, issued};
use crate::harness::{Database, Server, ServerOptions};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn newest_tokens_outlive_a_restored_sqlite_file() {
    let _turn = alone().await;
    check(ServerOptions::default(), Files::back_up, Files::restore).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn newest_tokens_outlive_a_restored_postgres_database() {
    let _turn = alone().await;
    let database = tokio::task::block_in_place(Database::create);
    let options = ServerOptions { database: Some(Arc::new(database)), ..ServerOptions::default() };
    check(options, |server| database_of(server).back_up(), |server| database_of(server).restore()).await;
}

fn database_of(server: &Server) -> &Database {
    server.database.as_ref().unwrap()
}

async fn check(mut options: ServerOptions, back_up: fn(&Server), restore: fn(&Server)) {
    options.settings.push(("LIFETIMES__AUTHORIZATION_CODE", "10m".to_owned()));
    let server = Server::start_with(options).await;
    let grants = clients_of(&server).grants(8).await;
    let mut clients: Vec<_> = grants.into_iter().map(|grant| Honest::new(grant.refresh_token)).collect();
    refresh_all(&server, &mut clients).await;
    let server = between(server, back_up).await;

    refresh_all(&server, &mut clients).await;
    let rotated = tokio::task::block_in_place(|| server.run(&["keys", "rotate", "--now"]));
    assert!(rotated.status.success(), "{}", String::from_utf8_lossy(&rotated.stderr));
    // Until the server has followed: what it makes from then on names the new keys.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    for _time in 0..2 {
        refresh_all(&server, &mut clients).await;
    }
    let code = clients_of(&server).codes(1).await.remove(0);
    let server = between(server, restore).await;

    refresh_all(&server, &mut clients).await;
    for (number, client) in clients.iter_mut().enumerate() {
        // The newest of the older ones was used a moment ago: repeating it would be a retry.
        let replayable = &client.older()[..client.older().len() - 1];
        let replayed = &replayable[number % replayable.len()];
        assert_eq!(server.http.refresh(replayed).await.outcome(), "400 invalid_grant", "an older token");
        assert_eq!(server.http.refresh(client.held()).await.outcome(), "400 invalid_grant", "the replay revoked it");
    }
    issued(&server.http.redeem(&code).await);
}

fn clients_of(server: &Server) -> Clients {
    Clients::new(vec![server.http.clone()])
}

async fn refresh_all(server: &Server, clients: &mut [Honest]) {
    for client in clients {
        client.must_refresh(&server.http).await;
    }
}

/// Stops the server, does something to its database, and starts it again.
async fn between(mut server: Server, change: fn(&Server)) -> Server {
    assert!(server.stop().await.success());
    tokio::task::block_in_place(|| change(&server));
    Server::start_with(server.options()).await
}

/// SQLite's files, the write-ahead log included, and their copies.
struct Files;

impl Files {
    fn back_up(server: &Server) {
        for file in Self::of(server) {
            std::fs::copy(&file, Self::kept(server).join(file.file_name().unwrap())).unwrap();
        }
    }

    fn restore(server: &Server) {
        for file in Self::of(server) {
            std::fs::remove_file(file).unwrap();
        }
        for file in std::fs::read_dir(Self::kept(server)).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), server.data_dir.path().join(file.file_name())).unwrap();
        }
    }

    fn of(server: &Server) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(server.data_dir.path()).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("grantor.db")).collect()
    }

    fn kept(server: &Server) -> PathBuf {
        let directory = server.data_dir.path().join("backup");
        std::fs::create_dir_all(&directory).unwrap();
        directory
    }
}
