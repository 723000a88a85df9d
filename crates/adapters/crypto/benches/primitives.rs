//! What the ring does on the hot paths, each by itself, and one password hash: `cargo bench -p grantor-crypto`.
//!
//! Durations, so they depend on the machine and its load; what must not grow is counted by `cargo xtask instructions`.

#![allow(clippy::unwrap_used, reason = "a benchmark of something that fails would measure nothing")]

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use grantor_crypto::{EncryptionSecrets, KeyRing, OsRandom, PasswordPool, PasswordSettings, initial_keys};
use grantor_domain::id::GrantId;
use grantor_domain::jwt::{JwsAlgorithm, JwtType};
use grantor_domain::secret::{GrantSecret, Secret};
use grantor_domain::time::Timestamp;
use grantor_domain::token::refresh_token::RefreshToken;
use grantor_ports::{ClientSecrets, Passwords as _, Sealed, Sealer as _, SecretUse, Signer};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

const ALGORITHMS: [JwsAlgorithm; 4] =
    [JwsAlgorithm::EdDSA, JwsAlgorithm::ES256, JwsAlgorithm::PS256, JwsAlgorithm::RS256];

/// About as much as an access token says.
const CLAIMS: &[u8] = br#"{"iss":"https://op.example","sub":"alice","aud":"https://api.example","client_id":"web","exp":1800003600,"iat":1800000000,"jti":"01a31a2b-8400-7000-8000-000000000000","scope":"openid profile email read","auth_time":1800000000,"grants":["l.01a31a2b-8400-7000-8000-000000000001"]}"#;

fn ring() -> KeyRing {
    let random = Arc::new(OsRandom);
    let secrets = EncryptionSecrets::parse(&EncryptionSecrets::generate_file(&*random)).unwrap();
    let keys = initial_keys(&ALGORITHMS, &secrets, &*random, NOW).unwrap();
    KeyRing::new(secrets, keys, random).unwrap()
}

fn signatures(bench: &mut Criterion) {
    let ring = ring();
    // Clients' secrets sign, too.
    let ring: &dyn Signer = &ring;
    for algorithm in ALGORITHMS {
        let sign = || ring.sign(algorithm, JwtType::AccessToken, black_box(CLAIMS), NOW);
        bench.bench_function(&format!("sign/{algorithm}"), |b| b.iter(sign));
    }
    let jwt = ring.sign(JwsAlgorithm::ES256, JwtType::AccessToken, CLAIMS, NOW).unwrap();
    bench.bench_function("verify/ES256", |b| b.iter(|| ring.verify(black_box(&jwt), NOW)));
}

fn seals(bench: &mut Criterion) {
    let ring = ring();
    let sealed = ring.seal(Sealed::AuthorizationCode, CLAIMS, NOW).unwrap();
    bench.bench_function("code/seal", |b| b.iter(|| ring.seal(Sealed::AuthorizationCode, black_box(CLAIMS), NOW)));
    bench.bench_function("code/open", |b| b.iter(|| ring.open(Sealed::AuthorizationCode, black_box(&sealed))));

    let secret = GrantSecret::new([5; GrantSecret::LENGTH]);
    let token = RefreshToken { grant: GrantId::from_bytes([9; 16]), generation: 3, secret };
    let text = ring.refresh_token(&token, NOW);
    bench.bench_function("refresh token/make", |b| b.iter(|| ring.refresh_token(black_box(&token), NOW)));
    bench.bench_function("refresh token/open", |b| b.iter(|| ring.open_refresh_token(black_box(&text))));
}

fn secrets(bench: &mut Criterion) {
    let ring = ring();
    let ring: &dyn ClientSecrets = &ring;
    let presented = Secret::new("web-secret-of-more-than-thirty-two-octets");
    for (name, usage) in [("hashed", SecretUse::Compared), ("sealed", SecretUse::Signs)] {
        let stored = [ring.protect(&presented, usage).unwrap()];
        bench.bench_function(&format!("client secret/{name}"), |b| {
            b.iter(|| ring.matches(black_box(&stored), &presented));
        });
    }
}

/// With the way to the pool's thread and back; beside the hash that is nothing.
fn passwords(bench: &mut Criterion) {
    let settings = PasswordSettings { threads: NonZeroUsize::MIN, ..PasswordSettings::default() };
    let pool = PasswordPool::start(&settings, Arc::new(OsRandom)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut group = bench.benchmark_group("password");
    group.sample_size(10);
    group.bench_function("argon2id", |b| b.iter(|| runtime.block_on(pool.hash(Secret::new("wonderland-42"))).unwrap()));
    group.finish();
}

criterion_group!(primitives, signatures, seals, secrets, passwords);
criterion_main!(primitives);
