//! The shape of a failure that says what could not be done, and may carry what lies behind it.

/// Defines a failure type of that shape. Its text is for the log alone.
macro_rules! failure_with_cause {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name {
            what: &'static str,
            source: Option<Box<dyn std::error::Error + Send + Sync>>,
        }

        impl $name {
            /// A failure without a deeper cause.
            #[must_use]
            pub const fn new(what: &'static str) -> Self {
                Self { what, source: None }
            }

            /// A failure with its cause.
            #[must_use]
            pub fn because(what: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
                Self { what, source: Some(source.into()) }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match &self.source {
                    Some(source) => write!(f, "{}: {source}", self.what),
                    None => f.write_str(self.what),
                }
            }
        }

        impl std::error::Error for $name {
            fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
                self.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
            }
        }
    };
}

pub(crate) use failure_with_cause;
