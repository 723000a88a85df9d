//! What a key of the configuration is to everybody but the code that reads it: its name, its text in the reference, and
//! its value as an operator would write it. A section is declared once, by `section!`, and everything follows from that.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use grantor_domain::jwt::JwsAlgorithm;

use super::{DatabaseUrl, HumanDuration};

/// A key with a value.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its name, `section.key`.
    pub name: &'static str,
    /// What it decides, in Markdown, with the line breaks of the source.
    pub docs: &'static str,
    /// What kind of value it takes.
    pub kind: &'static str,
    /// The value in the syntax of TOML, secrets left out; none where there is none.
    pub value: Option<String>,
}

/// A type of value.
pub(super) trait Setting {
    /// What kind of value that is, for the reference.
    const KIND: &'static str;

    /// The value in the syntax of TOML; none where there is none. Whatever may be secret is left out.
    fn shown(&self) -> Option<String>;
}

/// Declares a section: the struct that serde fills, its defaults, and its keys with their texts.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $Section:ident in $prefix:literal {
            $( $(#[doc = $docs:literal])+ $key:ident: $Type:ty = $default:expr, )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $Section {
            $( $(#[doc = $docs])+ pub $key: $Type, )+
        }

        impl Default for $Section {
            fn default() -> Self {
                Self { $( $key: $default, )+ }
            }
        }

        impl $Section {
            /// What the section is about.
            pub(super) const ABOUT: &'static str = concat!($( $about, "\n", )+);

            /// Every key with its value.
            pub(super) fn keys(&self) -> Vec<$crate::settings::key::Key> {
                use $crate::settings::key::{Key, Setting};
                vec![$(
                    Key {
                        name: concat!($prefix, ".", stringify!($key)),
                        docs: concat!($( $docs, "\n", )+),
                        kind: <$Type as Setting>::KIND,
                        value: Setting::shown(&self.$key),
                    },
                )+]
            }
        }
    };
}

pub(super) use section;

/// A text in quotes.
pub(super) fn quoted(text: &str) -> Option<String> {
    Some(toml::Value::from(text).to_string())
}

/// Types that are shown as a text in quotes.
macro_rules! shown_in_quotes {
    ($($Type:ty: $kind:literal;)+) => {
        $(
            impl Setting for $Type {
                const KIND: &'static str = $kind;

                fn shown(&self) -> Option<String> {
                    quoted(&self.to_string())
                }
            }
        )+
    };
}

shown_in_quotes! {
    DatabaseUrl: "address";
    HumanDuration: "duration";
    SocketAddr: "address and port";
    String: "text";
}

/// Types that are shown as they are.
macro_rules! shown_plainly {
    ($($Type:ty: $kind:literal;)+) => {
        $(
            impl Setting for $Type {
                const KIND: &'static str = $kind;

                fn shown(&self) -> Option<String> {
                    Some(self.to_string())
                }
            }
        )+
    };
}

shown_plainly! {
    NonZeroUsize: "number";
    bool: "true or false";
    u32: "number";
    usize: "number";
}

impl Setting for f64 {
    const KIND: &'static str = "number";

    fn shown(&self) -> Option<String> {
        Some(toml::Value::from(*self).to_string())
    }
}

impl Setting for PathBuf {
    const KIND: &'static str = "path";

    fn shown(&self) -> Option<String> {
        quoted(&self.display().to_string())
    }
}

impl<T: Setting> Setting for Option<T> {
    const KIND: &'static str = T::KIND;

    fn shown(&self) -> Option<String> {
        self.as_ref().and_then(Setting::shown)
    }
}

impl Setting for Vec<String> {
    const KIND: &'static str = "list of texts";

    fn shown(&self) -> Option<String> {
        Some(toml::Value::from(self.clone()).to_string())
    }
}

impl Setting for Vec<JwsAlgorithm> {
    const KIND: &'static str = "list of algorithms";

    fn shown(&self) -> Option<String> {
        self.iter().map(ToString::to_string).collect::<Vec<_>>().shown()
    }
}
