//! Texts that a browser carries for us, in a cookie or a form: whoever reads them in a log must learn nothing. Grantor's own.

/// Makes a type of such a text.
macro_rules! browser_text {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Wraps the text that came back from the browser.
            #[must_use]
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text, for a cookie, or a form or an address of our own pages.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

pub(crate) use browser_text;

#[cfg(test)]
mod tests {
    use crate::SessionCookie;

    #[test]
    fn it_comes_back_as_it_was_and_shows_nothing() {
        let cookie = SessionCookie::new("a-secret");
        assert_eq!((cookie.as_str(), format!("{cookie:?}").as_str()), ("a-secret", "SessionCookie(…)"));
    }
}
