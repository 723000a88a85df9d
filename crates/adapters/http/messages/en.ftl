# What the pages say, in English (Project Fluent, https://projectfluent.org). One message a line: its name, and behind the
# equals sign its text. Names in braces are filled in: names of people and applications, addresses, codes. No HTML: a tag would be
# shown as it is typed. Where a message is missing in another language, this one is shown.

# The name of the language, in the language.
language-name = English
# What the buttons are called together that switch to another language, for people who hear the page.
language-choice = Language

## Signing in

login-title = Sign in to continue to { $client }
# In front of the title of a page that reports a mistake.
title-of-mistake = Error:
login-heading = Sign in
# Below the heading, as one sentence with it.
login-lead = to continue to { $client }
login-username = Username
login-password = Password
login-submit = Sign in
login-failure-cookies-required = Your browser did not send back the cookie this page needs. Allow cookies for this site, then try again.
login-failure-expired = This page was open for too long. Please sign in again.
login-failure-temporarily-unavailable = We cannot check your password right now. Please try again in a moment.
login-failure-too-many-attempts = Too many sign-ins failed.
login-failure-wrong-credentials = The username or the password is not right. Check both and try again.
# Behind it, as sentences of their own.
wait-a-second = Please try again in a second.
wait-seconds = Please try again in { $amount } seconds.
wait-minutes = Please try again in { $amount } minutes.
# What a person tells support, for example 4f2a6c0d91be, stands behind it.
reference = Reference

## Second factors and passkeys

login-title-own = Sign in to your account
# Below the heading "Sign in", as one sentence with it.
login-lead-own = to see your account
login-failure-passkey-refused = This passkey does not sign in here. Sign in with your password, or try another passkey.
passkey-sign-in = Sign in with a passkey
passkey-prove = Use a passkey
passkey-make = Add a passkey
passkey-name = Name of the passkey, for example that of the device
passkey-failure = The passkey was not used: this was stopped, or took too long. Try again.
factor-title = Prove that it is you
factor-code = Code
factor-recovery-code = Recovery code
factor-code-hint = The six digits that your authenticator app shows.
factor-recovery-hint = One of your recovery codes will do, too.
factor-submit = Continue
# Where only a passkey will do.
factor-needs-script = A passkey needs a browser that runs scripts.
factor-failure-too-many-attempts = Too many codes were wrong.
factor-failure-wrong = This is not right, or it was used before. Try again with the next code, or with another way.
factor-failure-wrong-new = This does not fit. Check that the clock of your device is right, then try again.
enrolment-title = Set up a second factor
enrolment-lead = { $client } asks for more than your password.
enrolment-lead-own = From then on a password alone signs nobody in.
enrolment-app = With an authenticator app
enrolment-qr-label = QR code for your authenticator app
enrolment-qr-caption = Scan this with the app.
enrolment-secret = Or type this key into it:
enrolment-link = Open an app on this device
enrolment-code = Code that the app shows now
enrolment-submit = Set up
enrolment-cancel = Back
recovery-title = Your recovery codes
recovery-lead = Each of them signs you in once if you lose your second factor.
recovery-message = Write them down or keep them where you keep passwords. They are not shown again.
recovery-submit = I have kept them

## My account

my-account-title = My account
my-account-done = Done.
my-account-profile = Profile
my-account-save = Save
my-account-password = Password
my-account-current-password = Current password
my-account-new-password = New password
my-account-password-hint = At least { $length } characters, and nothing that is easy to guess. You will be signed out everywhere else.
my-account-change-password = Change password
my-account-factors = Second factors
my-account-factors-some = A password alone signs nobody in.
my-account-factors-none = Whoever knows your password can sign in as you. A second factor prevents that.
my-account-app = Authenticator app
# Behind it.
my-account-is-set-up = set up
my-account-is-not-set-up = not set up
my-account-set-up = Set up
my-account-replace = Replace
my-account-remove = Remove
my-account-passkey = Passkey
my-account-added = added { $time }
my-account-used = used { $time }
my-account-recovery-codes = Recovery codes
my-account-codes-left = left: { $count }
my-account-renew = New codes
my-account-sessions = Where you are signed in
my-account-unknown-browser = Unknown browser
my-account-this-session = This one
my-account-signed-in = since { $time }
my-account-sign-out = Sign out
my-account-sign-out-others = Sign out everywhere else
my-account-applications = Applications with access
my-account-no-applications = No application has access to your account.
my-account-since = since { $time }
my-account-grants = Grants: { $count }
my-account-grant = { $since } to { $until }
my-account-end = End
my-account-withdraw = Take access away
my-account-failure-claims = This cannot be saved. Check what you typed.
my-account-failure-password-common = This password is easy to guess. A few words that have nothing to do with each other are better.
my-account-failure-password-too-short = This password is too short. It needs at least { $length } characters.
my-account-failure-password-wrong = The current password is not right.
claim-email = Email
claim-family-name = Family name
claim-given-name = Given name
claim-name = Name
claim-nickname = Nickname
claim-phone-number = Phone number
claim-website = Website

## Choosing an account

account-title = Choose an account to continue to { $client }
account-heading = Choose an account
account-lead = to continue to { $client }
account-continue = Continue as { $person }
account-another = Use another account

## What an application says of itself

self-registered = This application registered itself. Nobody here has checked who is behind it.
links-label = About { $client }
link-home = Home page
link-policy = Privacy policy
link-terms = Terms of service
# Behind each of the three, for people who hear the page.
link-of = of { $client } (opens in a new tab)

## Consent

consent-title = Allow { $client } to use your account?
consent-heading = Allow { $client } to use your account?
consent-lead = Signed in as { $person }
consent-compare = Is this what your device shows?
# Each of the scopes below completes it.
consent-permissions = It will be able to
consent-new = New
consent-offline = also after you sign out, until it is withdrawn
consent-resources = To be used with { $resources }.
consent-allow = Allow
consent-deny = Deny
consent-destination = Either way you go on to { $host }.
scope-address = See your postal address
scope-email = See your email address
scope-offline-access = Keep this access while you are away
scope-openid = Sign you in and recognise you when you return
scope-phone = See your phone number
scope-profile = See your name and the rest of your profile

## Connecting a device

device-title = Connect a device
device-lead = Type the code that your device shows. Only go on if you have that device before you.
device-wrong = No device shows this code, or not any more. Look at the device again; it may have a new one.
device-code = Code
device-submit = Continue
device-qr-label = QR code of this page
device-qr-caption = To go on with your phone, scan this with its camera.
device-connected = Your device is connected
device-connected-message = It goes on by itself in a few seconds. You can close this page.
device-refused = Your device is not connected
device-refused-message = It was told that you said no. You can close this page.

## Going back to an application

back-title = Back to { $host }
back-lead = If nothing happens, press the button.
back-submit = Continue
leaving-title = This request cannot be completed
leaving-reason = { $client } asked for something that it cannot get here: { $reason }.
leaving-warning = It registered itself, and nobody here has checked who is behind it. Go on to { $host } only if that is where you came from.
leaving-submit = Continue
leaving-link = Continue to { $host }

## Signing out

logout-title = Sign out?
logout-asked-by = { $client } asks to sign you out.
logout-signed-in-as = You are signed in as { $person }
logout-submit = Sign out
logout-stay = To stay signed in, close this page.
signed-out-title = Signed out
signed-out-heading = You are signed out
signed-out-going-on = Going on to { $host }.
signed-out-message = Applications that you used may take a moment to notice. You can close this page.

## Errors

error-code = Error
error-docs = What this error means
error-title-code-answered = This code was answered already
error-title-not-completed = This request cannot be completed
error-title-out-of-date = This page is out of date
error-title-sign-in-expired = This sign-in has expired
error-title-try-again = Please try again in a moment
not-found-title = There is nothing here
not-found-message = Check the address.

## Trying requests (the playground, for developers)

# The playground is for developers: what RFCs give a name to is called by that name.
playground-name = Playground
playground-question = Playground: what do you want to try?
playground-again = Change it and send it again
playground-promise = Nothing that you type is kept on the server: it travels through your browser, sealed for it. The requests are real, and so are the tokens.
# In front of what was checked, for people who hear the page.
playground-passes = passes:
playground-fails = fails:
playground-known = Clients of the demo set that suit:
# Behind it, the address.
playground-callback = The client must have this redirect URI registered, exactly so:
playground-client = Client
playground-client-id = Client id
playground-client-secret = Client secret
playground-client-secret-help = Leave it empty for a public client, and for one that signs with a private key.
playground-client-secret-kept = The secret of { $client } is filled in, sealed and unseen. Type another to send that.
playground-client-secret-missing = Please fill in the client's secret.
playground-client-secret-too-short = To sign with HS256 a secret must have at least 32 bytes (RFC 7518 §3.2).
playground-authentication = Authentication
playground-client-secret-basic = The secret goes into the Authorization header.
playground-client-secret-post = The secret goes into the body.
playground-client-secret-jwt = The secret signs an assertion (HS256), good for one request. The secret itself is not sent.
playground-private-key-jwt = The private key signs an assertion, good for one request. The key itself is not sent.
playground-no-authentication = A public client has no secret: it only names itself.
playground-private-key = Private key
playground-private-key-help = For { $method } alone: a JWK, or PKCS#8 in PEM. It signs this request and is kept nowhere, so that the next request needs it again.
playground-private-key-missing = Please paste the client's private key.
playground-private-key-public = This is the public part, with which signatures are checked. To sign, the private key is needed.
playground-private-key-unreadable = This cannot be read: it is neither a JWK nor PKCS#8 in PEM, or its numbers are missing, too small or not of one key.
playground-private-key-unsupported = This key cannot sign here. Keys on P-256, of Ed25519 and of RSA can (2048 to 8192 bits), unless they are encrypted or say that they are for something else.
playground-request = Request
playground-request-help = What is left empty is left out.
playground-left-out = (left out)
playground-show-secrets = Show secrets and passwords in the request
playground-go = Go to the authorization endpoint
playground-send = Send

## The answer of a request that was tried

playground-sent = The request as it went
playground-curl = The same with curl
# $variables are names of shell variables, $command is a command.
playground-curl-variables = Put the secret into { $variables } first, such as by { $command }.
playground-curl-encoding = { $variable } must hold the secret form-encoded (RFC 6749 §2.3.1): curl does not do that for { $option }.
playground-curl-assertion = The assertion in it is good for one request, and this was it: a second one needs another.
playground-answer = The answer
playground-answer-body = Body of the answer
# In place of a status; below it are the parameters of the address.
playground-sent-back = sent back to the redirect URI with
playground-jwt = What is in { $jwt }
playground-jwt-header = Header of { $jwt }
playground-jwt-claims = Claims of { $jwt }
playground-next = What to try next
playground-device = Now be the person, then come back here.
playground-device-link = Allow the device
# Behind a link, for people who hear the page.
playground-new-tab = (opens in a new tab)
playground-next-poll = Ask whether the person has decided
playground-next-userinfo = Ask UserInfo who it is
playground-next-refresh = Refresh
playground-next-exchange = Exchange the access token
playground-next-introspect-access = Introspect the access token
playground-next-introspect-refresh = Introspect the refresh token
playground-next-revoke-access = Revoke the access token
playground-next-revoke-refresh = Revoke the refresh token

## Why a request was not tried

playground-not-this-browser = This page was not made for this browser, or it was open for too long. Nothing was sent. Please fill it in again; your browser must keep cookies.
playground-nobody-waits = No request of this browser waits for this answer: it took too long, was answered already, or began in another browser. Please begin again.
playground-wrong-answer = This is not the answer to the request that this browser sent. A client stops here: the code is not used.
playground-client-missing = Please fill in the client's id: up to 255 letters, digits and signs of ASCII.
playground-too-long = This is more than a cookie can hold, in which it must wait for the answer. Please shorten it.
playground-no-header = What was typed cannot stand in a header: it has characters that no header can carry.
playground-no-signature = Nothing was sent: nothing can be signed with what was filled in. Look at the field that is marked.
playground-not-sent = The request could not be sent.

## What a client checks of an answer that was tried

# Each stands behind the name of a claim or parameter, such as iss, and completes it.
playground-check-missing = is missing
playground-check-this-server = is this server
playground-check-other-server = is { $found }, not this server
playground-check-this-client = is this client
playground-check-other-client = is { $found }, not this client
playground-check-resources = a resource server that is not { $audience } must refuse it
playground-check-expires = in { $seconds } seconds
playground-check-expired = has passed
playground-check-type = is { $found }
playground-check-other-type = is { $found }, not { $wanted }
playground-check-as-sent = is the one that was sent
playground-check-not-as-sent = is another than was sent
playground-check-nonce-missing = is missing, although one was sent
playground-check-nonce-none = none was sent with this request, and none came back
playground-check-nonce-unasked = came back, although none was sent
playground-check-hash = is that of the access token
playground-check-other-hash = is not that of the access token
# These stand behind "signature".
playground-check-signature-key = { $algorithm }, holds by the published key { $key }
playground-check-signature-keys = { $algorithm }, holds by a published key
playground-check-signature-client-keys = { $algorithm }, holds by the client's registered keys
playground-check-signature-secret = { $algorithm }, holds by the client's secret
playground-check-no-signature-key = { $algorithm }, does not hold by the published key { $key }
playground-check-no-signature-keys = { $algorithm }, does not hold by a published key
playground-check-no-signature-client-keys = { $algorithm }, does not hold by the client's registered keys
playground-check-no-signature-secret = { $algorithm }, does not hold by the client's secret
playground-check-signature-unknown = has an unknown algorithm
playground-check-signature-later = cannot be checked just now

## What can be tried

playground-authorization-code = Authorization code
playground-authorization-code-about = A person signs in here and allows it, and the client gets a code for tokens. The request for the code goes through the real pages; state, nonce and PKCE are made for you and checked.
playground-redeem-code = Redeem a code
playground-redeem-code-about = The second half of the code flow: the client exchanges the code for tokens, within a minute and only once. What comes of a second time is worth a try, too.
playground-refresh-token = Refresh token
playground-refresh-token-about = A new access token without the person. Unless the client is configured otherwise each refresh also gives a new refresh token, and the old one must not come again.
playground-client-credentials = Client credentials
playground-client-credentials-about = A client gets a token for itself: no person is in it, and no refresh token.
playground-password = Password
playground-password-about = The client handles the person's password. For old clients that are allowed to; new ones use the authorization code.
playground-token-exchange = Token exchange
playground-token-exchange-about = A service swaps a token that it got for one that it can pass on: for another audience, with less scope. The client's policy says what may be exchanged.
playground-device-authorization = Device authorization
playground-device-authorization-about = A device without a browser asks for two codes: one that it shows to the person, and one with which it asks again and again whether the person has allowed it.
playground-device-code = Device code
playground-device-code-about = The device asks whether the person has decided. Sooner than the interval says is too soon.
playground-introspection = Introspection
playground-introspection-about = Is this token good, and for what? Asked by the client that it was issued to, by one of its audiences, or by a client that may look into any.
playground-revocation = Revocation
playground-revocation-about = The client gives a token back. A refresh token takes its whole grant along. An unknown token is no error.
playground-userinfo = UserInfo
playground-userinfo-about = Who signed in, as far as the scope says. Needs an access token with the scope openid.

## What can be filled in

playground-field-access-token = Access token
playground-field-access-token-help = Goes into the Authorization header.
playground-field-actor-token = Actor token
playground-field-actor-token-help = Who acts for the subject, if that is to stand in the new token.
playground-field-actor-token-type = Actor token type
playground-field-actor-token-type-help = Of the actor token; needed with one, and only then.
playground-field-audience = Audience
playground-field-audience-help = For whom the new token is, by name. Several are separated by spaces.
playground-field-claims = Claims
playground-field-claims-help = Single claims as JSON, such as { "{" }"id_token":{ "{" }"email":null{ "}" }{ "}" }.
playground-field-code = Code
playground-field-code-help = What the authorization endpoint gave.
playground-field-code-verifier = PKCE verifier
playground-field-code-verifier-help = What the challenge was made from: proves that whoever asked for the code redeems it.
playground-field-device-code = Device code
playground-field-device-code-help = What the device authorization endpoint gave.
playground-field-login-hint = Login hint
playground-field-login-hint-help = Who will sign in: fills in the name on the sign-in page.
playground-field-max-age = Maximum age
playground-field-max-age-help = How many seconds ago the person may have signed in at most; otherwise they sign in again.
playground-field-nonce = Nonce
playground-field-nonce-help = Comes back in the ID token.
playground-field-password = Password
playground-field-password-help = The person's. It is not kept for the next request.
playground-field-prompt = Prompt
playground-field-prompt-help = Which page must be shown, or none.
playground-field-redirect-uri = Redirect URI
playground-field-redirect-uri-help = The same as in the request for the code.
playground-field-refresh-token = Refresh token
playground-field-refresh-token-help = The newest one that the client got.
playground-field-requested-token-type = Requested token type
playground-field-requested-token-type-help = What is wanted; an access token where it is left out.
playground-field-resource = Resource
playground-field-resource-help = For whom the access token is, by address. Several are separated by spaces.
playground-field-scope = Scope
playground-field-scope-help = What is asked for, separated by spaces. With openid there is an ID token; with offline_access the access outlives the sign-in.
playground-field-scope-narrowed-help = Less than before, if the new token is to be good for less.
playground-field-subject-token = Subject token
playground-field-subject-token-help = The token to exchange: whom the new one is about.
playground-field-subject-token-type = Subject token type
playground-field-subject-token-type-help = What the subject token is.
playground-field-token = Token
playground-field-token-help = An access token or a refresh token.
playground-field-token-type-hint = Token type hint
playground-field-token-type-hint-help = What it probably is. The server finds out by itself.
playground-field-username = Username
playground-field-username-help = Of the person whose token it will be.

# A language may have a message reason-… for each reason of docs/errors.md; English has none, because there the page says what the
# application is told.
