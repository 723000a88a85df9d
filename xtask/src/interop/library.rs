//! Decides which client libraries are tried, under which names, and what each needs to run.

use clap::ValueEnum;

use super::toolchain::Toolchain;

/// A client library, or two that belong together, or a program that is a client, named as its folder in xtask/interop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Library {
    AuthCore,
    Authlib,
    ExpressOpenidConnect,
    Go,
    Idpyoidc,
    ModAuthOpenidc,
    MozillaDjangoOidc,
    Nimbus,
    Oauth2Proxy,
    Oauth4webapi,
    OidcClientTs,
    OpenidClient,
    Openidconnect,
    PassportOpenidconnect,
    RequestsOauthlib,
    SpringSecurity,
}

/// What a library is, and so what its program takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    JavaScript,
    Python,
    Rust,
    Go,
    Java,
    /// A program in Go that stands before an application. One in Python drives it.
    GoProxy,
    /// A module of Debian's Apache. A program in Python drives that.
    ApacheModule,
}

impl Kind {
    /// The heading of its table on the page.
    pub(super) fn heading(self) -> &'static str {
        match self {
            Self::JavaScript => "JavaScript",
            Self::Python => "Python",
            Self::Rust => "Rust",
            Self::Go => "Go",
            Self::Java => "Java",
            Self::GoProxy | Self::ApacheModule => "Proxies and web servers",
        }
    }

    /// Where it is published.
    pub(super) fn source(self) -> &'static str {
        match self {
            Self::JavaScript => "npm",
            Self::Python => "PyPI",
            Self::Rust => "crates.io",
            Self::Go | Self::GoProxy => "Go modules",
            Self::Java => "Maven Central",
            Self::ApacheModule => "Debian",
        }
    }

    /// What must be on this machine for its program.
    pub(super) fn toolchains(self) -> &'static [Toolchain] {
        match self {
            Self::JavaScript => &[Toolchain::Node],
            Self::Python => &[Toolchain::Python],
            // Our own cargo.
            Self::Rust => &[],
            Self::Go => &[Toolchain::Go],
            Self::Java => &[Toolchain::Java],
            Self::GoProxy => &[Toolchain::Go, Toolchain::Python],
            Self::ApacheModule => &[Toolchain::Apache, Toolchain::Python],
        }
    }
}

impl Library {
    /// In the order of the page: by kind.
    pub(super) const ALL: [Self; 16] = [
        Self::OpenidClient,
        Self::Oauth4webapi,
        Self::OidcClientTs,
        Self::PassportOpenidconnect,
        Self::ExpressOpenidConnect,
        Self::AuthCore,
        Self::Authlib,
        Self::RequestsOauthlib,
        Self::Idpyoidc,
        Self::MozillaDjangoOidc,
        Self::Openidconnect,
        Self::Go,
        Self::Nimbus,
        Self::SpringSecurity,
        Self::Oauth2Proxy,
        Self::ModAuthOpenidc,
    ];

    /// Its folder in xtask/interop.
    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::AuthCore => "auth-core",
            Self::Authlib => "authlib",
            Self::ExpressOpenidConnect => "express-openid-connect",
            Self::Go => "go",
            Self::Idpyoidc => "idpyoidc",
            Self::ModAuthOpenidc => "mod-auth-openidc",
            Self::MozillaDjangoOidc => "mozilla-django-oidc",
            Self::Nimbus => "nimbus",
            Self::Oauth2Proxy => "oauth2-proxy",
            Self::Oauth4webapi => "oauth4webapi",
            Self::OidcClientTs => "oidc-client-ts",
            Self::OpenidClient => "openid-client",
            Self::Openidconnect => "openidconnect",
            Self::PassportOpenidconnect => "passport-openidconnect",
            Self::RequestsOauthlib => "requests-oauthlib",
            Self::SpringSecurity => "spring-security",
        }
    }

    /// Its name where it is published.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::AuthCore => "@auth/core",
            Self::Authlib => "Authlib",
            Self::ExpressOpenidConnect => "express-openid-connect",
            Self::Go => "golang.org/x/oauth2 + go-oidc",
            Self::Idpyoidc => "idpyoidc",
            Self::ModAuthOpenidc => "mod_auth_openidc",
            Self::MozillaDjangoOidc => "mozilla-django-oidc",
            Self::Nimbus => "oauth2-oidc-sdk",
            Self::Oauth2Proxy => "oauth2-proxy",
            Self::Oauth4webapi => "oauth4webapi",
            Self::OidcClientTs => "oidc-client-ts",
            Self::OpenidClient => "openid-client",
            Self::Openidconnect => "openidconnect",
            Self::PassportOpenidconnect => "passport-openidconnect",
            Self::RequestsOauthlib => "requests-oauthlib",
            Self::SpringSecurity => "Spring Security",
        }
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            Self::AuthCore
            | Self::ExpressOpenidConnect
            | Self::Oauth4webapi
            | Self::OidcClientTs
            | Self::OpenidClient
            | Self::PassportOpenidconnect => Kind::JavaScript,
            Self::Authlib | Self::Idpyoidc | Self::MozillaDjangoOidc | Self::RequestsOauthlib => Kind::Python,
            Self::Go => Kind::Go,
            Self::ModAuthOpenidc => Kind::ApacheModule,
            Self::Nimbus | Self::SpringSecurity => Kind::Java,
            Self::Oauth2Proxy => Kind::GoProxy,
            Self::Openidconnect => Kind::Rust,
        }
    }

    /// Whether its program drives a real browser, which the environment names.
    pub(super) fn needs_browser(self) -> bool {
        self == Self::OidcClientTs
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use std::fs;

    use super::*;
    use crate::workspace;

    #[test]
    fn every_library_is_in_the_list_under_the_name_of_its_folder() {
        assert_eq!(Library::ALL.len(), Library::value_variants().len());
        let interop = workspace::root().join("xtask").join("interop");
        let readme = fs::read_to_string(interop.join("README.md")).unwrap();
        for library in Library::value_variants() {
            let folder = library.folder();
            assert!(Library::ALL.contains(library), "{folder}");
            assert_eq!(library.to_possible_value().unwrap().get_name(), folder);
            assert!(interop.join(folder).is_dir(), "{folder}");
            assert!(readme.contains(&format!("\n| `{folder}` | ")), "{folder}");
        }
    }

    #[test]
    fn the_libraries_of_a_table_stand_together() {
        let tables = Library::ALL.chunk_by(|one, next| one.kind().heading() == next.kind().heading());
        let mut headings: Vec<&str> = tables.map(|table| table[0].kind().heading()).collect();
        let count = headings.len();
        headings.sort_unstable();
        headings.dedup();
        assert_eq!(headings.len(), count);
    }
}
