//! The request that comes of what a person filled in: what is sent, how it reads, and the same as a line for `curl`. Secrets
//! are masked in what is shown unless the person wants to see them, and `curl` finds them in variables of the shell.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use grantor_application::Settings;
use grantor_domain::client::JWT_BEARER;
use grantor_domain::secret::Secret;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::actions::{FieldKind, Target};
use super::entry::{Authentication, Entry};

/// What stands for a secret that is not shown.
const MASK: &str = "••••••••";

/// The variable of the shell that stands for the client's secret.
const CLIENT_SECRET: &str = "CLIENT_SECRET";

/// The parameter of an assertion (RFC 7521 §4.2).
pub(crate) const CLIENT_ASSERTION: &str = "client_assertion";

/// A request, ready to be sent.
pub(crate) struct Outgoing {
    /// The path of the endpoint.
    pub(crate) path: String,
    /// Whether it is a POST with a form; a GET otherwise.
    pub(crate) is_post: bool,
    authorization: Option<Authorization>,
    parameters: Vec<Parameter>,
}

/// What the Authorization header says.
enum Authorization {
    Basic { client_id: String, secret: Secret },
    Bearer(Secret),
}

struct Parameter {
    name: &'static str,
    value: Secret,
    /// The variable of the shell that stands for it, if it is a secret.
    variable: Option<&'static str>,
}

impl Outgoing {
    /// The request that this entry makes, with this assertion if the client proves itself by one.
    pub(crate) fn of(entry: &Entry, assertion: Option<&Secret>, settings: &Settings) -> Self {
        let endpoints = &settings.endpoints;
        let path = match entry.action.target {
            Target::Authorization => endpoints.authorization.as_str(),
            Target::DeviceAuthorization => &endpoints.device_authorization,
            Target::Introspection => &endpoints.introspection,
            Target::Revocation => &endpoints.revocation,
            Target::Token(_) => endpoints.token.first().map_or("", String::as_str),
            Target::Userinfo => &endpoints.userinfo,
        };
        let mut outgoing = Self { path: path.to_owned(), is_post: true, authorization: None, parameters: Vec::new() };
        match entry.action.target {
            Target::Userinfo => {
                outgoing.is_post = false;
                outgoing.authorization = entry.value("access_token").cloned().map(Authorization::Bearer);
                return outgoing;
            }
            Target::Token(grant) => outgoing.put("grant_type", Secret::new(grant.as_str()), None),
            Target::Authorization | Target::DeviceAuthorization | Target::Introspection | Target::Revocation => {}
        }
        outgoing.put_values(entry);
        if entry.action.target == Target::Authorization {
            // It goes through the browser: the client only names itself.
            outgoing.put("client_id", Secret::new(&entry.client_id), None);
        } else {
            outgoing.authenticate(entry, assertion);
        }
        outgoing
    }

    fn put(&mut self, name: &'static str, value: Secret, variable: Option<&'static str>) {
        self.parameters.push(Parameter { name, value, variable });
    }

    fn put_values(&mut self, entry: &Entry) {
        for (field, value) in &entry.values {
            match field.kind {
                FieldKind::List => {
                    for item in value.expose().split_whitespace() {
                        self.put(field.name, Secret::new(item), None);
                    }
                }
                FieldKind::Secret(variable) => self.put(field.name, value.clone(), Some(variable)),
                FieldKind::Choice(_) | FieldKind::Text | FieldKind::Token => {
                    self.put(field.name, value.clone(), None);
                }
            }
        }
    }

    /// Shows who the client is (RFC 6749 §2.3.1, RFC 7523 §2.2). A secret that was not given is not sent, in whatever way.
    fn authenticate(&mut self, entry: &Entry, assertion: Option<&Secret>) {
        if let Some(assertion) = assertion {
            self.put("client_assertion_type", Secret::new(JWT_BEARER), None);
            // It is no secret: whoever has the page may see it, and it is spent by the request.
            self.put(CLIENT_ASSERTION, assertion.clone(), None);
            return;
        }
        let client_id = entry.client_id.clone();
        match (entry.authentication, entry.client_secret.clone()) {
            (Authentication::Basic, Some(secret)) => {
                self.authorization = Some(Authorization::Basic { client_id, secret });
            }
            (Authentication::Post, Some(secret)) => {
                self.put("client_id", Secret::new(client_id), None);
                self.put("client_secret", secret, Some(CLIENT_SECRET));
            }
            _ if client_id.is_empty() => {}
            _ => self.put("client_id", Secret::new(client_id), None),
        }
    }

    /// The value of the Authorization header.
    pub(crate) fn authorization(&self) -> Option<String> {
        self.authorization.as_ref().map(|authorization| match authorization {
            Authorization::Basic { client_id, secret } => {
                format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(client_id), encoded(secret.expose()))))
            }
            Authorization::Bearer(token) => format!("Bearer {}", token.expose()),
        })
    }

    /// The body.
    pub(crate) fn body(&self) -> String {
        self.form(true)
    }

    /// How the request reads.
    pub(crate) fn text(&self, host: &str, shows_secrets: bool) -> String {
        let method = if self.is_post { "POST" } else { "GET" };
        let mut text = format!("{method} {} HTTP/1.1\nHost: {host}\n", self.path);
        if let Some(header) = self.authorization() {
            let is_secret = matches!(self.authorization, Some(Authorization::Basic { .. }));
            let shown = if is_secret && !shows_secrets { format!("Basic {MASK}") } else { header };
            // Writing to a String cannot fail.
            let _infallible = writeln!(text, "Authorization: {shown}");
        }
        if self.is_post {
            text.push_str("Content-Type: application/x-www-form-urlencoded\n\n");
            text.push_str(&self.form(shows_secrets));
        }
        text
    }

    fn form(&self, shows_secrets: bool) -> String {
        let pairs = self.parameters.iter().map(|parameter| {
            let is_shown = shows_secrets || parameter.variable.is_none();
            let value = if is_shown { encoded(parameter.value.expose()) } else { MASK.to_owned() };
            format!("{}={value}", parameter.name)
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// The same request for `curl`, at this address.
    pub(crate) fn curl(&self, url: &str) -> String {
        let mut line = "curl -i".to_owned();
        let mut option = |text: String| {
            line.push(' ');
            line.push_str(&text);
            line.push_str(" \\\n ");
        };
        match &self.authorization {
            Some(Authorization::Basic { client_id, .. }) => {
                option(format!("-u {}:\"${CLIENT_SECRET}\"", quoted(&encoded(client_id))));
            }
            Some(Authorization::Bearer(token)) => {
                option(format!("-H {}", quoted(&format!("Authorization: Bearer {}", token.expose()))));
            }
            None => {}
        }
        for Parameter { name, value, variable } in &self.parameters {
            option(match variable {
                Some(variable) => format!("--data-urlencode \"{name}=${variable}\""),
                None => format!("--data-urlencode {}", quoted(&format!("{name}={}", value.expose()))),
            });
        }
        line.push(' ');
        line.push_str(&quoted(url));
        line
    }

    /// The variables that the line for `curl` needs.
    pub(crate) fn variables(&self) -> Vec<&'static str> {
        let in_header = matches!(self.authorization, Some(Authorization::Basic { .. })).then_some(CLIENT_SECRET);
        in_header.into_iter().chain(self.parameters.iter().filter_map(|parameter| parameter.variable)).collect()
    }

    /// Whether the secret must be form-encoded before it goes into the header, which `curl` does not do.
    pub(crate) fn needs_encoding(&self) -> bool {
        match &self.authorization {
            Some(Authorization::Basic { secret, .. }) => encoded(secret.expose()) != secret.expose(),
            _ => false,
        }
    }

    /// The parameters as a query, with these besides.
    pub(crate) fn query(&self, more: &[(&str, &str)]) -> String {
        let own = self.parameters.iter().map(|parameter| (parameter.name, parameter.value.expose()));
        Serializer::new(String::new()).extend_pairs(more).extend_pairs(own).finish()
    }
}

fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

/// A word that the shell takes as it is (POSIX Shell Command Language §2.2.2): nothing means anything between single quotes
/// but the next of them.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use grantor_domain::resource::Audience;

    use super::super::actions::find;
    use super::super::kept::Kept;
    use super::*;
    use crate::form::Form;

    fn outgoing(action: &str, body: &str) -> Outgoing {
        let mut form = Form::parse(body.as_bytes()).unwrap();
        let entry = Entry::read(find(action).unwrap(), &mut form, &Kept::default());
        let assertion = (entry.authentication == Authentication::PrivateKeyJwt).then(|| Secret::new("a.b.c"));
        Outgoing::of(&entry, assertion.as_ref(), &Settings::new(Audience::parse("https://op.example").unwrap()))
    }

    #[test]
    fn a_request_reads_as_it_goes_but_for_its_secrets() {
        let basic = outgoing("client_credentials", "client_id=a%3Ab&client_secret=c+d%26&scope=read+write");
        assert_eq!(basic.authorization().unwrap(), format!("Basic {}", STANDARD.encode("a%3Ab:c+d%26")));
        assert_eq!(basic.body(), "grant_type=client_credentials&scope=read+write");
        assert!(basic.needs_encoding());
        assert_eq!(
            basic.text("op.example", false),
            "POST /oauth/token HTTP/1.1\nHost: op.example\nAuthorization: Basic ••••••••\n\
             Content-Type: application/x-www-form-urlencoded\n\ngrant_type=client_credentials&scope=read+write"
        );
        let body =
            "client_id=web&client_secret=hunter2&authentication=client_secret_post&username=alice&password=+rabbit";
        let post = outgoing("password", body);
        assert_eq!(
            post.body(),
            "grant_type=password&username=alice&password=+rabbit&client_id=web&client_secret=hunter2"
        );
        let shown = post.text("op.example", false);
        assert!(!shown.contains("hunter2") && !shown.contains("rabbit"), "{shown}");
        assert!(shown.ends_with("username=alice&password=••••••••&client_id=web&client_secret=••••••••"), "{shown}");
        assert!(post.text("op.example", true).ends_with(&post.body()));
        let userinfo = outgoing("userinfo", "access_token=abc");
        assert_eq!(
            userinfo.text("op.example", false),
            "GET /oauth/userinfo HTTP/1.1\nHost: op.example\nAuthorization: Bearer abc\n"
        );
    }

    #[test]
    fn several_resources_are_parameters_of_their_own_and_a_public_client_names_itself() {
        let body = "client_id=spa&client_secret=x&authentication=none&refresh_token=r&resource=a++b";
        let request = outgoing("refresh_token", body);
        assert_eq!(request.body(), "grant_type=refresh_token&refresh_token=r&resource=a&resource=b&client_id=spa");
        assert!(request.authorization().is_none());
    }

    #[test]
    fn an_assertion_goes_in_the_body_and_may_be_seen_but_its_key_never_goes() {
        let body = "client_id=web&client_secret=s3cret&private_key=k3y&authentication=private_key_jwt";
        let request = outgoing("client_credentials", body);
        let expect = "grant_type=client_credentials&\
                      client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&\
                      client_assertion=a.b.c";
        assert_eq!(request.body(), expect);
        assert!(request.authorization().is_none() && request.variables().is_empty());
        let (text, curl) = (request.text("op.example", true), request.curl("https://op.example/oauth/token"));
        assert!(text.ends_with(expect) && curl.contains("--data-urlencode 'client_assertion=a.b.c'"), "{text}\n{curl}");
        assert!(![text, curl].iter().any(|shown| shown.contains("s3cret") || shown.contains("k3y")));
    }

    #[test]
    fn curl_finds_secrets_in_variables() {
        let body = "client_id=web&client_secret=hunter2&username=o%27neill&password=rabbit";
        let request = outgoing("password", body);
        assert_eq!(
            request.curl("https://op.example/oauth/token"),
            "curl -i -u 'web':\"$CLIENT_SECRET\" \\\n  --data-urlencode 'grant_type=password' \\\n  \
             --data-urlencode 'username=o'\\''neill' \\\n  --data-urlencode \"password=$PASSWORD\" \\\n  \
             'https://op.example/oauth/token'"
        );
        assert_eq!(request.variables(), ["CLIENT_SECRET", "PASSWORD"]);
    }

    #[test]
    fn the_shell_takes_every_word_as_it_is() {
        let check = |word: &str| {
            let output = Command::new("sh").args(["-c", &format!("printf %s {}", quoted(word))]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), word);
        };
        for word in ["", "plain", "a b", "'", "''", "it's \"$HOME\" `id` $(id) \\ ! ; | & > #", "line\nbreak", "é"] {
            check(word);
        }
    }
}
