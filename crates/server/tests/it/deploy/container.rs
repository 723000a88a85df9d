//! deploy/Dockerfile: no engine runs here, so its steps are taken one by one. What it copies is there, and the program
//! starts in what becomes its root.

use std::path::Path;
use std::process::Command;

use super::{read, root};
use crate::harness::scratch_dir;

/// The instructions, each on one line.
fn instructions() -> Vec<String> {
    let text = read("deploy/Dockerfile").replace("\\\n", " ");
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// Words of the instructions that begin so.
fn words_after(start: &str) -> Vec<Vec<String>> {
    let rest = instructions().into_iter().filter_map(|line| line.strip_prefix(start).map(str::to_owned));
    rest.map(|line| line.split(' ').map(str::to_owned).collect()).collect()
}

/// What comes out of the directory that the image is built from.
fn sources() -> Vec<String> {
    let copies = words_after("COPY ").into_iter().filter(|words| !words[0].starts_with("--from="));
    copies.flat_map(|words| words[..words.len() - 1].to_vec()).collect()
}

/// Whether .dockerignore lets a path through: the last line that fits decides.
fn is_sent(path: &str) -> bool {
    let mut sent = true;
    for line in read(".dockerignore").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (lets, pattern) = line.strip_prefix('!').map_or((false, line), |pattern| (true, pattern));
        let fits = match pattern.strip_prefix("**/") {
            Some(name) => path.split('/').any(|part| part == name),
            None => pattern == "*" || path == pattern || path.starts_with(&format!("{pattern}/")),
        };
        assert!(
            pattern == "*" || !pattern.trim_start_matches("**/").contains(['*', '?', '[']),
            "{pattern} is not understood here"
        );
        sent = if fits { lets } else { sent };
    }
    sent
}

#[test]
fn what_is_copied_is_sent_and_there() {
    let sources = sources();
    assert!(sources.len() > 4, "{sources:?}");
    for source in sources {
        assert!(root().join(&source).exists() && is_sent(&source), "{source}");
    }
    let text = "crates/server/src/main.rs";
    assert!(is_sent(text));
    for secret in
        [".git/config", ".grantor/grantor.db", "crates/server/.grantor/grantor.toml", "deploy/secrets/pgpass", "target"]
    {
        assert!(!is_sent(secret), "{secret}");
    }
}

/// Cargo finds every package that the lock file is about.
#[test]
fn what_is_copied_is_a_whole_workspace() {
    let context = scratch_dir();
    for source in sources() {
        let to = context.path().join(&source);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        let copied = Command::new("cp").arg("-r").arg(root().join(&source)).arg(&to).status().unwrap();
        assert!(copied.success(), "{source}");
    }
    let metadata = |directory: &Path| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["metadata", "--locked", "--offline", "--no-deps", "--format-version=1"]).current_dir(directory);
        let output = cargo.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        metadata["packages"].as_array().unwrap().iter().map(|package| package["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(metadata(context.path()), metadata(&root()));
}

/// What the program has inside, such as a page or a set of demo clients, is copied too.
#[test]
fn what_is_compiled_in_is_copied() {
    let (root, sources) = (root().canonicalize().unwrap(), sources());
    let mut directories = vec![root.join("crates")];
    let mut found = 0;
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                directories.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&entry).unwrap();
                for rest in text.split("include_str!(\"").chain(text.split("include_bytes!(\"")).skip(1) {
                    let Some(file) = rest.split('"').next().and_then(|file| directory.join(file).canonicalize().ok())
                    else {
                        continue;
                    };
                    let path = file.strip_prefix(&root).unwrap().display().to_string();
                    let is_copied = |source: &String| path == *source || path.starts_with(&format!("{source}/"));
                    assert!(sources.iter().any(is_copied), "{} needs {path}", entry.display());
                    found += 1;
                }
            }
        }
    }
    assert!(found > 5, "{found}");
}

/// As much of it as the image has to bring; a library more would have to be thought of.
#[cfg(all(target_os = "linux", feature = "bundled"))]
#[test]
fn the_program_needs_the_c_library_and_nothing_else() {
    let output = Command::new("ldd").arg(env!("CARGO_BIN_EXE_grantor")).output().unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    let names = listed.lines().map(|line| line.trim().split(' ').next().unwrap_or_default());
    let names = names.map(|name| name.rsplit('/').next().unwrap_or_default());
    let of_c = ["ld-linux", "libc.so", "libgcc_s.so", "libm.so", "linux-vdso"];
    let others: Vec<_> = names.filter(|name| !of_c.iter().any(|start| name.starts_with(start))).collect();
    assert!(others.is_empty() && listed.contains("libc.so"), "{listed}");
}

/// The last steps of the build, taken here, make a root in which the program starts as the account of the image. Only
/// root may enter it: as anybody else this shows nothing.
#[cfg(all(target_os = "linux", feature = "bundled"))]
#[test]
fn the_program_starts_in_what_the_image_has() {
    use std::os::unix::fs::MetadataExt as _;

    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        return;
    }
    let scratch = scratch_dir();
    let image = scratch.path().join("image");
    let program = image.join("usr/local/bin/grantor");
    std::fs::create_dir_all(program.parent().unwrap()).unwrap();
    std::fs::copy(env!("CARGO_BIN_EXE_grantor"), &program).unwrap();
    let steps: Vec<_> =
        instructions().into_iter().filter_map(|line| line.strip_prefix("RUN ldd ").map(str::to_owned)).collect();
    assert_eq!(steps.len(), 1, "the step that gathers libraries");
    let step = format!("ldd {}", steps[0]).replace("/image", &image.display().to_string());
    let done = Command::new("sh").args(["-e", "-c", &step]).status().unwrap();
    assert!(done.success());

    let user = words_after("USER ")[0][0].clone();
    let entry = words_after("ENTRYPOINT ")[0].join(" ");
    let entry: Vec<String> = serde_json::from_str(&entry).unwrap();
    let start = |arguments: &[&str]| {
        let mut chroot = Command::new("chroot");
        chroot
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin")
            .arg(format!("--userspec={user}"))
            .arg(&image)
            .args(&entry)
            .args(arguments);
        chroot.env("GRANTOR__DATABASE__URL", "sqlite:/var/lib/grantor/grantor.db").output().unwrap()
    };
    let help = start(&["serve", "--help"]);
    assert!(help.status.success(), "{}", String::from_utf8_lossy(&help.stderr));
    let migrated = start(&["migrate", "run"]);
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    assert!(image.join("var/lib/grantor/grantor.db").exists());
    assert!(image.join("etc/ssl/certs/ca-certificates.crt").exists());
    assert!(!image.join("bin/sh").exists(), "nothing else is in it");
}
