//! Telling clients that a session ended (OpenID Connect Back-Channel Logout §2.5): notices are taken from storage, posted,
//! and tried again when nobody took them, for a day.

use std::sync::Arc;
use std::time::Duration;

use grantor_domain::client::WebUri;
use grantor_domain::jwt::JwtType;
use grantor_domain::token::logout_token::LogoutToken;
use grantor_ports::{FetchRequest, LogoutNotice};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::audit::AuditEvent;
use crate::cache::RegisteredClient;
use crate::failure::Outcome;
use crate::service::Service;

/// How often it is looked for notices, unless this very process has made some.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How many are tried at once.
const AT_ONCE: u32 = 16;

/// How long a notice is this process' own: longer than an attempt may take.
const CLAIM: Duration = Duration::from_secs(60);

/// When to try again after each attempt; after the last a notice is given up.
const AGAIN_AFTER: [Duration; 8] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(3600),
    Duration::from_secs(4 * 3600),
    Duration::from_secs(8 * 3600),
    Duration::from_secs(12 * 3600),
];

/// Delivers notices for ever.
pub async fn deliver_logout_notices(service: Arc<Service>) {
    loop {
        match service.deliver_due_notices().await {
            // There may be more.
            Ok(tried) if tried == AT_ONCE as usize => {}
            Ok(_) => {
                let _woken_or_not = timeout(LOOK_EVERY, service.logout_notices.notified()).await;
            }
            // That storage is away is told elsewhere.
            Err(_) => sleep(LOOK_EVERY).await,
        }
    }
}

impl Service {
    /// Tries every notice that is due now, up to a number; how many those were. [`deliver_logout_notices`] calls it.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn deliver_due_notices(self: &Arc<Self>) -> Outcome<usize> {
        let now = self.now();
        let notices = self.ports.logout_notices.claim(now, now.plus(CLAIM), AT_ONCE).await?;
        let count = notices.len();
        let mut attempts = JoinSet::new();
        for notice in notices {
            let service = Arc::clone(self);
            attempts.spawn(async move { service.attempt(&notice).await });
        }
        while let Some(attempted) = attempts.join_next().await {
            if let Ok(Err(failure)) = attempted {
                // It is due again when the claim has run out.
                tracing::warn!(cause = failure.cause(), "a notice of logout could not be looked after");
            }
        }
        Ok(count)
    }

    async fn attempt(&self, notice: &LogoutNotice) -> Outcome<()> {
        let registered = self.registered(notice.client_id.as_str()).await?;
        let told =
            registered.as_deref().and_then(|known| Some((known, known.client.logout_uris.backchannel.as_ref()?)));
        // It wanted to be told when the session ended, and does not any more.
        let Some((registered, uri)) = told else { return Ok(self.ports.logout_notices.remove(notice.id).await?) };
        let problem = self.tell(notice, registered, uri).await?;
        let next = notice.attempts.checked_sub(1).and_then(|index| AGAIN_AFTER.get(index as usize));
        if let (Some(problem), Some(after)) = (&problem, next) {
            let client_id = notice.client_id.as_str();
            tracing::warn!(client_id, problem, "a client was not told of a logout; trying again later");
            return Ok(self.ports.logout_notices.postpone(notice.id, self.now().plus(*after)).await?);
        }
        self.ports.logout_notices.remove(notice.id).await?;
        self.audit(AuditEvent::LogoutNotified {
            client: &notice.client_id,
            subject: &notice.subject,
            session: notice.session,
            problem: problem.as_deref(),
        });
        Ok(())
    }

    /// Posts the logout token; what went wrong, if anything did.
    async fn tell(
        &self,
        notice: &LogoutNotice,
        registered: &RegisteredClient,
        uri: &WebUri,
    ) -> Outcome<Option<String>> {
        let client = &registered.client;
        let pairwise = self.pairwise_sub(client, notice.subject.as_str())?;
        let about = (&client.id, pairwise.as_ref().unwrap_or(&notice.subject), self.sid(client, notice.session)?);
        let token = LogoutToken::new(notice.id, about, (&self.settings.issuer, self.now()));
        let claims = serde_json::to_vec(&token)?;
        let token =
            self.sign_for_client(JwtType::LogoutToken, &claims, client.id_token_algorithm, &registered.secrets)?;
        let form = [("logout_token", token.as_str())];
        Ok(match self.ports.fetch.fetch(FetchRequest { url: uri.as_str(), form: Some(&form) }).await {
            Ok(answer) if matches!(answer.status, 200..=299) => None,
            Ok(answer) => Some(format!("it answered with status {}", answer.status)),
            Err(failure) => Some(failure.to_string()),
        })
    }
}
