// oauth4webapi against Grantor, by the calls of its documentation: a request, then what processes its response.

import * as oauth from 'oauth4webapi';

import { signOutAddress } from '../javascript/application.mjs';
import { Browser } from '../javascript/browser.mjs';
import { Report, ensure, errorOf, machineKey, refused, settings } from '../javascript/report.mjs';
import { signingClient } from '../javascript/signing.mjs';

const { issuer, user, confidential, machine, exchange, resource_server: resourceServer } = settings;
const report = new Report('oauth4webapi', import.meta.url);
const browser = new Browser(issuer, user);

/** The library wants https unless it is told. */
const options = { [oauth.allowInsecureRequests]: true };

let server;

/** One authorization request, whose parameters `sign` may put into an object, through the pages. */
async function authorize({ client_id, redirect_uri, scope }, sign = (parameters) => parameters) {
  const verifier = oauth.generateRandomCodeVerifier();
  const expected = { state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce() };
  const address = new URL(server.authorization_endpoint);
  const parameters = {
    response_type: 'code',
    client_id,
    redirect_uri,
    scope,
    prompt: 'consent',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...expected,
  };
  address.search = new URLSearchParams(await sign(parameters));
  const { callback, pages } = await browser.authorize(address);
  return { callback, pages, verifier, ...expected };
}

/** The code of an authorization response, redeemed, and the ID token's signature checked too. */
async function redeem(client, authentication, { redirect_uri }, { callback, verifier, state, nonce }) {
  const parameters = oauth.validateAuthResponse(server, client, callback, state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    authentication,
    parameters,
    redirect_uri,
    verifier,
    options,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(server, response, options);
  return tokens;
}

/** A client of its own. */
async function register(metadata) {
  return oauth.processDynamicClientRegistrationResponse(
    await oauth.dynamicClientRegistrationRequest(server, metadata, options),
  );
}

async function clientCredentials(client, authentication, parameters) {
  const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, parameters, options);
  return oauth.processClientCredentialsResponse(server, client, response);
}

async function introspect(token) {
  const client = { client_id: resourceServer.client_id };
  const authentication = oauth.ClientSecretBasic(resourceServer.client_secret);
  const response = await oauth.introspectionRequest(server, client, authentication, token, options);
  return oauth.processIntrospectionResponse(server, client, response);
}

const client = { client_id: confidential.client_id };
const authentication = oauth.ClientSecretBasic(confidential.client_secret);
let tokens;

await report.check('discovery', async () => {
  const response = await oauth.discoveryRequest(new URL(issuer), options);
  server = await oauth.processDiscoveryResponse(new URL(issuer), response);
  return '`discoveryRequest`, `processDiscoveryResponse`';
});

await report.check('code-confidential', async () => {
  const authorization = await authorize(confidential);
  ensure(authorization.pages.join() === 'sign-in,consent', `pages: ${authorization.pages}`);
  tokens = await redeem(client, authentication, confidential, authorization);
  ensure(tokens.refresh_token && tokens.expires_in > 0, 'no refresh token or no lifetime');
  return '`authorizationCodeGrantRequest`, `processAuthorizationCodeResponse`';
});

await report.check('code-public', async () => {
  const { id_token } = await redeem(
    { client_id: settings.public.client_id },
    oauth.None(),
    settings.public,
    await authorize(settings.public),
  );
  ensure(id_token, 'no ID token');
  return '`None` as client authentication';
});

await report.check('registration', async () => {
  const registered = await register({
    redirect_uris: [confidential.redirect_uri],
    scope: confidential.scope,
    grant_types: ['authorization_code', 'refresh_token'],
  });
  const basic = oauth.ClientSecretBasic(registered.client_secret);
  const authorization = await authorize({ ...confidential, client_id: registered.client_id });
  const answer = await redeem(registered, basic, confidential, authorization);
  ensure(oauth.getValidatedIdTokenClaims(answer).sub === user.subject, JSON.stringify(answer));
  return '`dynamicClientRegistrationRequest`; it neither reads nor deletes the client';
});

await report.check('request-object', async () => {
  const { key, metadata } = await signingClient(confidential);
  const signing = await register(metadata);
  const { client_id } = signing;
  const sign = async (parameters) => {
    return { client_id, request: await oauth.issueRequestObject(server, signing, parameters, key) };
  };
  const authorization = await authorize({ ...confidential, client_id }, sign);
  const answer = await redeem(signing, oauth.PrivateKeyJwt(key), confidential, authorization);
  ensure(oauth.getValidatedIdTokenClaims(answer).sub === user.subject, JSON.stringify(answer));
  return '`issueRequestObject`';
});

await report.check('state', async () => {
  const authorization = await authorize(confidential);
  await refused('state', () =>
    redeem(client, authentication, confidential, { ...authorization, state: oauth.generateRandomState() }),
  );
  return '`validateAuthResponse`';
});

await report.check('issuer-parameter', async () => {
  const authorization = await authorize(confidential);
  const withIssuer = (change) => {
    const callback = new URL(authorization.callback);
    change(callback.searchParams);
    return { ...authorization, callback };
  };
  const foreign = withIssuer((query) => query.set('iss', 'https://other.example'));
  const missing = withIssuer((query) => query.delete('iss'));
  await refused('iss', () => redeem(client, authentication, confidential, foreign));
  await refused('iss', () => redeem(client, authentication, confidential, missing));
  await redeem(client, authentication, confidential, authorization);
  return '`validateAuthResponse`; a missing one is refused too';
});

await report.check('id-token', () => {
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  ensure(claims.sub === user.subject && claims.aud === confidential.client_id, JSON.stringify(claims));
  return '`validateApplicationLevelSignature`, `getValidatedIdTokenClaims`: signature, `iss`, `aud`, `exp`, `nonce`';
});

await report.check('wrong-nonce', async () => {
  const authorization = await authorize(confidential);
  await refused('nonce', () =>
    redeem(client, authentication, confidential, { ...authorization, nonce: oauth.generateRandomNonce() }),
  );
  return '`expectedNonce`';
});

await report.check('access-token', async () => {
  const request = new Request('https://api.example.test/', { headers: { authorization: `Bearer ${tokens.access_token}` } });
  const claims = await oauth.validateJwtAccessToken(server, request, issuer, options);
  ensure(claims.sub === user.subject && claims.client_id === confidential.client_id, JSON.stringify(claims));
  await refused('aud', () => oauth.validateJwtAccessToken(server, request, 'https://other.example', options));
  return '`validateJwtAccessToken`';
});

await report.check('userinfo', async () => {
  const response = await oauth.userInfoRequest(server, client, tokens.access_token, options);
  const claims = await oauth.processUserInfoResponse(server, client, user.subject, response);
  ensure(claims.email === user.email, JSON.stringify(claims));
  return '`userInfoRequest`, with the expected `sub`';
});

await report.check('refresh', async () => {
  const before = tokens;
  const response = await oauth.refreshTokenGrantRequest(server, client, authentication, before.refresh_token, options);
  tokens = await oauth.processRefreshTokenResponse(server, client, response);
  ensure(tokens.refresh_token && tokens.refresh_token !== before.refresh_token, 'the refresh token was not rotated');
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  ensure(claims.sub === user.subject && tokens.id_token !== before.id_token, 'no new ID token');
  return '`refreshTokenGrantRequest`: a new refresh token and a new ID token';
});

await report.check('invalid-grant', async () => {
  const response = await oauth.refreshTokenGrantRequest(server, client, authentication, 'no refresh token', options);
  const error = await errorOf(() => oauth.processRefreshTokenResponse(server, client, response));
  ensure(error instanceof oauth.ResponseBodyError && error.error === 'invalid_grant', `${error}`);
  return '`ResponseBodyError.error`';
});

await report.check('invalid-client', async () => {
  const error = await errorOf(() => clientCredentials(client, oauth.ClientSecretBasic('another secret'), {}));
  ensure(error instanceof oauth.WWWAuthenticateChallengeError && error.status === 401, `${error}`);
  ensure((await error.response.json()).error === 'invalid_client', 'another error');
  return '`WWWAuthenticateChallengeError`';
});

await report.check('secret-basic', async () => {
  const answer = await clientCredentials(client, authentication, { scope: confidential.machine_scope });
  ensure(answer.scope === confidential.machine_scope && !answer.refresh_token, JSON.stringify(answer));
  return '`ClientSecretBasic`';
});

await report.check('secret-post', async () => {
  const post = oauth.ClientSecretPost(confidential.client_secret);
  const answer = await clientCredentials(client, post, { scope: confidential.machine_scope });
  ensure(answer.scope === confidential.machine_scope && !answer.refresh_token, JSON.stringify(answer));
  return '`ClientSecretPost`';
});

await report.check('private-key-jwt', async () => {
  const asserting = oauth.PrivateKeyJwt(await machineKey());
  const answer = await clientCredentials({ client_id: machine.client_id }, asserting, {});
  ensure(answer.access_token, 'no access token');
  return '`PrivateKeyJwt`';
});

await report.check('token-exchange', async () => {
  const exchanging = { client_id: exchange.client_id };
  const basic = oauth.ClientSecretBasic(exchange.client_secret);
  const subject = await redeem(exchanging, basic, exchange, await authorize(exchange));
  const access = 'urn:ietf:params:oauth:token-type:access_token';
  const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange';
  const parameters = {
    subject_token: subject.access_token,
    subject_token_type: access,
    audience: exchange.audience,
  };
  const response = await oauth.genericTokenEndpointRequest(server, exchanging, basic, grantType, parameters, options);
  const answer = await oauth.processGenericTokenEndpointResponse(server, exchanging, response);
  ensure(answer.issued_token_type === access && answer.access_token !== subject.access_token, JSON.stringify(answer));
  return '`genericTokenEndpointRequest`, its call for other grants';
});

await report.check('device', async () => {
  const asking = { client_id: exchange.client_id };
  const basic = oauth.ClientSecretBasic(exchange.client_secret);
  const request = await oauth.deviceAuthorizationRequest(server, asking, basic, { scope: 'openid' }, options);
  const device = await oauth.processDeviceAuthorizationResponse(server, asking, request);
  const poll = async () => {
    const response = await oauth.deviceCodeGrantRequest(server, asking, basic, device.device_code, options);
    return oauth.processDeviceCodeResponse(server, asking, response);
  };
  const error = await errorOf(poll);
  ensure(error instanceof oauth.ResponseBodyError && error.error === 'authorization_pending', `${error}`);
  const page = await browser.connectDevice(device.verification_uri_complete);
  ensure(page.includes('Your device is connected'), page);
  const answer = await poll();
  ensure(oauth.getValidatedIdTokenClaims(answer).sub === user.subject, JSON.stringify(answer));
  return '`deviceAuthorizationRequest`, `deviceCodeGrantRequest`; `ResponseBodyError.error` says that it must wait';
});

await report.check('introspection', async () => {
  const answer = await introspect(tokens.access_token);
  ensure(answer.active && answer.sub === user.subject, JSON.stringify(answer));
  return '`introspectionRequest`';
});

await report.check('revocation', async () => {
  const response = await oauth.revocationRequest(server, client, authentication, tokens.refresh_token, options);
  await oauth.processRevocationResponse(response);
  const answer = await introspect(tokens.access_token);
  ensure(answer.active === false, JSON.stringify(answer));
  return '`revocationRequest` of the refresh token; the access token is inactive after it';
});

await report.byApplication('logout', async () => {
  const state = oauth.generateRandomState();
  const address = signOutAddress(server.end_session_endpoint, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: confidential.post_logout_redirect_uri,
    state,
  });
  const back = await browser.signOut(address);
  ensure(back.href === `${confidential.post_logout_redirect_uri}?state=${state}`, back.href);
  const { pages } = await authorize(confidential);
  ensure(pages[0] === 'sign-in', `pages: ${pages}`);
  return 'a redirect to `end_session_endpoint`, as the metadata of `processDiscoveryResponse` name it';
});
