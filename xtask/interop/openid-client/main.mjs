// openid-client against Grantor, by the calls of its documentation.

import * as client from 'openid-client';

import { Browser } from '../javascript/browser.mjs';
import { Report, ensure, errorOf, machineKey, refused, settings } from '../javascript/report.mjs';
import { signingClient } from '../javascript/signing.mjs';

const { issuer, user, confidential, machine, exchange, resource_server: resourceServer } = settings;
const report = new Report('openid-client', import.meta.url);
const browser = new Browser(issuer, user);

/** The library wants https unless it is told. */
const options = { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] };

/** Discovers the server for a client. */
async function discover(clientId, authentication) {
  return client.discovery(new URL(issuer), clientId, undefined, authentication, options);
}

/** One authorization request, which `build` makes, through the pages. */
async function authorize(config, { redirect_uri, scope }, build = client.buildAuthorizationUrl) {
  const verifier = client.randomPKCECodeVerifier();
  const expected = { state: client.randomState(), nonce: client.randomNonce() };
  const address = await build(config, {
    redirect_uri,
    scope,
    prompt: 'consent',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...expected,
  });
  const { callback, pages } = await browser.authorize(address);
  const checks = { pkceCodeVerifier: verifier, expectedState: expected.state, expectedNonce: expected.nonce };
  return { callback, pages, checks };
}

let config;
let tokens;
let introspecting;

await report.check('discovery', async () => {
  config = await discover(confidential.client_id, client.ClientSecretBasic(confidential.client_secret));
  ensure(config.serverMetadata().supportsPKCE(), 'the metadata has no S256');
  return '`discovery`';
});

await report.check('code-confidential', async () => {
  const { callback, pages, checks } = await authorize(config, confidential);
  ensure(pages.join() === 'sign-in,consent', `pages: ${pages}`);
  tokens = await client.authorizationCodeGrant(config, callback, checks);
  ensure(tokens.refresh_token && tokens.expiresIn() > 0, 'no refresh token or no lifetime');
  return '`buildAuthorizationUrl`, `authorizationCodeGrant`';
});

await report.check('code-public', async () => {
  const spa = await discover(settings.public.client_id, client.None());
  const { callback, checks } = await authorize(spa, settings.public);
  const { id_token } = await client.authorizationCodeGrant(spa, callback, checks);
  ensure(id_token, 'no ID token');
  return '`None` as client authentication';
});

await report.check('registration', async () => {
  const metadata = {
    redirect_uris: [confidential.redirect_uri],
    scope: confidential.scope,
    grant_types: ['authorization_code', 'refresh_token'],
  };
  const registered = await client.dynamicClientRegistration(new URL(issuer), metadata, undefined, options);
  const { callback, checks } = await authorize(registered, confidential);
  const answer = await client.authorizationCodeGrant(registered, callback, checks);
  ensure(answer.claims().sub === user.subject, JSON.stringify(answer));
  return '`dynamicClientRegistration`; it neither reads nor deletes the client';
});

await report.check('request-object', async () => {
  const { key, metadata } = await signingClient(confidential);
  const authentication = client.PrivateKeyJwt(key);
  const signing = await client.dynamicClientRegistration(new URL(issuer), metadata, authentication, options);
  const sign = (config, parameters) => client.buildAuthorizationUrlWithJAR(config, parameters, key);
  const { callback, checks } = await authorize(signing, confidential, sign);
  const answer = await client.authorizationCodeGrant(signing, callback, checks);
  ensure(answer.claims().sub === user.subject, JSON.stringify(answer));
  return '`buildAuthorizationUrlWithJAR`';
});

await report.check('state', async () => {
  const { callback, checks } = await authorize(config, confidential);
  await refused('state', () =>
    client.authorizationCodeGrant(config, callback, { ...checks, expectedState: client.randomState() }),
  );
  return '`expectedState`';
});

await report.check('issuer-parameter', async () => {
  const { callback, checks } = await authorize(config, confidential);
  const withIssuer = (change) => {
    const changed = new URL(callback);
    change(changed.searchParams);
    return changed;
  };
  const foreign = withIssuer((query) => query.set('iss', 'https://other.example'));
  const missing = withIssuer((query) => query.delete('iss'));
  await refused('iss', () => client.authorizationCodeGrant(config, foreign, checks));
  await refused('iss', () => client.authorizationCodeGrant(config, missing, checks));
  await client.authorizationCodeGrant(config, callback, checks);
  return '`authorizationCodeGrant`; a missing one is refused too';
});

await report.check('id-token', () => {
  const claims = tokens.claims();
  ensure(claims.sub === user.subject && claims.aud === confidential.client_id, JSON.stringify(claims));
  return '`enableNonRepudiationChecks`: signature, `iss`, `aud`, `exp`, `nonce`';
});

await report.check('wrong-nonce', async () => {
  const { callback, checks } = await authorize(config, confidential);
  await refused('nonce', () =>
    client.authorizationCodeGrant(config, callback, { ...checks, expectedNonce: client.randomNonce() }),
  );
  return '`expectedNonce`';
});

report.notOffered('access-token', 'for clients only; `validateJwtAccessToken` is in oauth4webapi');

await report.check('userinfo', async () => {
  const claims = await client.fetchUserInfo(config, tokens.access_token, user.subject);
  ensure(claims.email === user.email, JSON.stringify(claims));
  return '`fetchUserInfo`, with the expected `sub`';
});

await report.check('refresh', async () => {
  const before = tokens;
  tokens = await client.refreshTokenGrant(config, before.refresh_token);
  ensure(tokens.refresh_token && tokens.refresh_token !== before.refresh_token, 'the refresh token was not rotated');
  ensure(tokens.claims().sub === user.subject && tokens.id_token !== before.id_token, 'no new ID token');
  return '`refreshTokenGrant`: a new refresh token and a new ID token';
});

await report.check('invalid-grant', async () => {
  const error = await errorOf(() => client.refreshTokenGrant(config, 'no refresh token'));
  ensure(error instanceof client.ResponseBodyError && error.error === 'invalid_grant', `${error}`);
  return '`ResponseBodyError.error`';
});

await report.check('invalid-client', async () => {
  const wrong = await discover(confidential.client_id, client.ClientSecretBasic('another secret'));
  const error = await errorOf(() => client.clientCredentialsGrant(wrong));
  ensure(error instanceof client.WWWAuthenticateChallengeError && error.status === 401, `${error}`);
  ensure((await error.response.json()).error === 'invalid_client', 'another error');
  return '`WWWAuthenticateChallengeError`';
});

await report.check('secret-basic', async () => {
  const basic = await discover(confidential.client_id, client.ClientSecretBasic(confidential.client_secret));
  const answer = await client.clientCredentialsGrant(basic, { scope: confidential.machine_scope });
  ensure(answer.scope === confidential.machine_scope && !answer.refresh_token, JSON.stringify(answer));
  return '`ClientSecretBasic`';
});

await report.check('secret-post', async () => {
  const post = await discover(confidential.client_id, client.ClientSecretPost(confidential.client_secret));
  const answer = await client.clientCredentialsGrant(post, { scope: confidential.machine_scope });
  ensure(answer.scope === confidential.machine_scope && !answer.refresh_token, JSON.stringify(answer));
  return '`ClientSecretPost`';
});

await report.check('private-key-jwt', async () => {
  const asserting = await discover(machine.client_id, client.PrivateKeyJwt(await machineKey()));
  const answer = await client.clientCredentialsGrant(asserting);
  ensure(answer.access_token, 'no access token');
  return '`PrivateKeyJwt`';
});

await report.check('token-exchange', async () => {
  const exchanging = await discover(exchange.client_id, client.ClientSecretBasic(exchange.client_secret));
  const { callback, checks } = await authorize(exchanging, exchange);
  const subject = await client.authorizationCodeGrant(exchanging, callback, checks);
  const access = 'urn:ietf:params:oauth:token-type:access_token';
  const answer = await client.genericGrantRequest(exchanging, 'urn:ietf:params:oauth:grant-type:token-exchange', {
    subject_token: subject.access_token,
    subject_token_type: access,
    audience: exchange.audience,
  });
  ensure(answer.issued_token_type === access && answer.access_token !== subject.access_token, JSON.stringify(answer));
  return '`genericGrantRequest`, its call for other grants';
});

await report.check('device', async () => {
  const asking = await discover(exchange.client_id, client.ClientSecretBasic(exchange.client_secret));
  const device = await client.initiateDeviceAuthorization(asking, { scope: 'openid' });
  const page = await browser.connectDevice(device.verification_uri_complete);
  ensure(page.includes('Your device is connected'), page);
  const answer = await client.pollDeviceAuthorizationGrant(asking, device);
  ensure(answer.claims().sub === user.subject, JSON.stringify(answer));
  return '`initiateDeviceAuthorization`, `pollDeviceAuthorizationGrant`';
});

await report.check('introspection', async () => {
  introspecting = await discover(resourceServer.client_id, client.ClientSecretBasic(resourceServer.client_secret));
  const answer = await client.tokenIntrospection(introspecting, tokens.access_token);
  ensure(answer.active && answer.sub === user.subject, JSON.stringify(answer));
  return '`tokenIntrospection`';
});

await report.check('revocation', async () => {
  await client.tokenRevocation(config, tokens.refresh_token);
  const answer = await client.tokenIntrospection(introspecting, tokens.access_token);
  ensure(answer.active === false, JSON.stringify(answer));
  return '`tokenRevocation` of the refresh token; the access token is inactive after it';
});

await report.check('logout', async () => {
  const state = client.randomState();
  const address = client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: confidential.post_logout_redirect_uri,
    state,
  });
  const back = await browser.signOut(address);
  ensure(back.href === `${confidential.post_logout_redirect_uri}?state=${state}`, back.href);
  const { pages } = await authorize(config, confidential);
  ensure(pages[0] === 'sign-in', `pages: ${pages}`);
  return '`buildEndSessionUrl`';
});
