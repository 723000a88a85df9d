// express-openid-connect against Grantor, by the calls of its documentation: an Express application that people sign in to.

import express from 'express';
import openid from 'express-openid-connect';

import { Visitor, listen } from '../javascript/application.mjs';
import { Browser } from '../javascript/browser.mjs';
import { Report, ensure, errorOf, settings } from '../javascript/report.mjs';
import { registered } from '../javascript/registration.mjs';
import { signingClient } from '../javascript/signing.mjs';

const { issuer, user, confidential, exchange } = settings;
const report = new Report('express-openid-connect', import.meta.url);
const browser = new Browser(issuer, user);
const LOGOUT_STATE = 'signed out';

/** An application that signs people in as this client. Its base is its own address, unless the client has another. */
async function start({ client_id, client_secret, redirect_uri, scope }, options) {
  const { server, origin } = await listen();
  const application = express();
  application.use(
    openid.auth({
      issuerBaseURL: issuer,
      baseURL: origin,
      clientID: client_id,
      clientSecret: client_secret,
      secret: 'only for the cookies of this one run',
      authRequired: false,
      idpLogout: true,
      authorizationParams: { response_type: 'code', scope, prompt: 'consent' },
      routes: { callback: new URL(redirect_uri).pathname, postLogoutRedirect: confidential.post_logout_redirect_uri },
      logoutParams: { state: LOGOUT_STATE },
      ...options,
    }),
  );
  application.get('/tokens', ({ oidc }, response) => {
    const { accessToken, refreshToken: refresh_token, idToken: id_token, idTokenClaims: claims } = oidc;
    response.json({ ...accessToken, refresh_token, id_token, claims });
  });
  application.get('/userinfo', async ({ oidc }, response) => response.json(await oidc.fetchUserInfo()));
  application.get('/refresh', async ({ oidc }, response) => response.json(await oidc.accessToken.refresh()));
  application.get('/forget', ({ appSession }, response) => {
    appSession.refresh_token = 'no refresh token';
    response.json({});
  });
  application.get('/exchange', async ({ oidc }, response) => {
    response.json(await oidc.customTokenExchange({ audience: exchange.audience }));
  });
  // Express knows by the four parameters that this is for errors. What says no more than that there is a challenge has the
  // server's response.
  application.use(async ({ message, error, response: refusal }, _request, response, _next) => {
    response.status(500).json({ message, error: error ?? (await refusal?.json())?.error });
  });
  server.on('request', application);
  return origin;
}

/** One authorization request of the application at `origin`, which `change` may change, through the pages. */
async function authorize(origin, change = () => {}) {
  const visitor = new Visitor();
  const { headers } = await visitor.open(`${origin}/login`);
  const address = new URL(headers.get('location'));
  change(address.searchParams);
  const { callback, pages } = await browser.authorize(address);
  return { visitor, address, callback: `${origin}${callback.pathname}${callback.search}`, pages };
}

/** What the application answers at one of the addresses above. */
async function ask(visitor, address) {
  const response = await visitor.open(address);
  const answer = await response.json();
  if (!response.ok) {
    throw answer;
  }
  return answer;
}

/** Calls the application back: who is signed in is sent on. */
async function callBack({ visitor, callback }) {
  const response = await visitor.open(callback);
  if (response.status !== 302) {
    throw await response.json();
  }
}

/** An answer with another parameter is refused, and taken as it came: no error says what for, but there is one difference. */
async function refusedFor(authorization, ...changes) {
  for (const change of changes) {
    const callback = new URL(authorization.callback);
    change(callback.searchParams);
    const error = await errorOf(() => callBack({ visitor: authorization.visitor.copy(), callback }));
    ensure(error.error === 'OAUTH_INVALID_RESPONSE', JSON.stringify(error));
  }
  await callBack(authorization);
}

const origin = await start(confidential);
let visitor;
let tokens;

await report.check('discovery', async () => {
  const response = await new Visitor().open(`${origin}/login`);
  ensure(response.headers.get('location')?.startsWith(`${issuer}/`), await response.text());
  return '`issuerBaseURL`';
});

await report.check('code-confidential', async () => {
  const authorization = await authorize(origin);
  ensure(authorization.pages.join() === 'sign-in,consent', `pages: ${authorization.pages}`);
  ensure(authorization.address.searchParams.get('code_challenge_method') === 'S256', 'no PKCE');
  await callBack(authorization);
  visitor = authorization.visitor;
  tokens = await ask(visitor, `${origin}/tokens`);
  ensure(tokens.claims.sub === user.subject, JSON.stringify(tokens));
  ensure(tokens.refresh_token && tokens.expires_in > 0, 'no refresh token or no lifetime');
  return '`auth` with `response_type: "code"`';
});

report.notOffered('code-public', '`auth` refuses `clientAuthMethod: "none"` with a code');
report.notOffered('registration', '`clientID` is required');

await report.check('request-object', async () => {
  const { key, metadata } = await signingClient(confidential);
  const { client_id } = await registered(issuer, metadata);
  const signing = await start(
    { ...confidential, client_id, client_secret: undefined },
    {
      clientAssertionSigningKey: key.key,
      clientAssertionSigningAlg: 'ES256',
      requestObjectSigningKey: key.key,
      requestObjectSigningAlg: 'ES256',
      requestObjectSigningKeyId: key.kid,
    },
  );
  const authorization = await authorize(signing);
  await callBack(authorization);
  const { claims } = await ask(authorization.visitor, `${signing}/tokens`);
  ensure(claims.sub === user.subject, JSON.stringify(claims));
  return '`requestObjectSigningKey`';
});

await report.check('state', async () => {
  await refusedFor(await authorize(origin), (query) => query.set('state', 'another'));
  return 'kept in the cookie `auth_verification`';
});

await report.check('issuer-parameter', async () => {
  await refusedFor(
    await authorize(origin),
    (query) => query.set('iss', 'https://other.example'),
    (query) => query.delete('iss'),
  );
  return 'by openid-client; a missing one is refused too';
});

report.notOffered('id-token', '`iss`, `aud`, `exp` and `nonce` are compared, but the signature is not verified');

await report.check('wrong-nonce', async () => {
  const authorization = await authorize(origin, (query) => query.set('nonce', 'another'));
  const error = await errorOf(() => callBack(authorization));
  ensure(error.error === 'OAUTH_JWT_CLAIM_COMPARISON_FAILED', JSON.stringify(error));
  return 'kept in the cookie `auth_verification`';
});

report.notOffered('access-token', 'for clients only');

await report.check('userinfo', async () => {
  const claims = await ask(visitor, `${origin}/userinfo`);
  ensure(claims.sub === user.subject && claims.email === user.email, JSON.stringify(claims));
  return '`req.oidc.fetchUserInfo`';
});

await report.check('refresh', async () => {
  const before = tokens;
  await ask(visitor, `${origin}/refresh`);
  tokens = await ask(visitor, `${origin}/tokens`);
  ensure(tokens.refresh_token && tokens.refresh_token !== before.refresh_token, 'the refresh token was not rotated');
  ensure(tokens.claims.sub === user.subject && tokens.id_token !== before.id_token, 'no new ID token');
  return '`req.oidc.accessToken.refresh`: a new refresh token and a new ID token';
});

await report.check('invalid-grant', async () => {
  const another = visitor.copy();
  await ask(another, `${origin}/forget`);
  const error = await errorOf(() => ask(another, `${origin}/refresh`));
  ensure(error.error === 'invalid_grant', JSON.stringify(error));
  return '`error` of what `req.oidc.accessToken.refresh` throws';
});

await report.check('invalid-client', async () => {
  const wrong = await start({ ...confidential, client_secret: 'another secret' });
  const authorization = await authorize(wrong);
  const challenge = await errorOf(() => callBack(authorization));
  ensure(challenge.error === 'OAUTH_WWW_AUTHENTICATE_CHALLENGE', JSON.stringify(challenge));
  // The session is in a cookie, which is good at this application too.
  const error = await errorOf(() => ask(visitor.copy(), `${wrong}/refresh`));
  ensure(error.error === 'invalid_client', JSON.stringify(error));
  return '`response` of what `req.oidc.accessToken.refresh` throws; the callback says only that there is a challenge';
});

report.notOffered('secret-basic', 'no client credentials grant; `clientAuthMethod` is for a code');
report.notOffered('secret-post', 'no client credentials grant; `clientAuthMethod` is for a code');
report.notOffered('private-key-jwt', 'no client credentials grant; `clientAuthMethod` is for a code');

await report.check('token-exchange', async () => {
  // This redirect URI is not of 127.0.0.1, so its port is fixed: the library names it, but is called back where it listens.
  const at = await start(exchange, { baseURL: new URL(exchange.redirect_uri).origin });
  const authorization = await authorize(at);
  await callBack(authorization);
  const subject = await ask(authorization.visitor, `${at}/tokens`);
  const answer = await ask(authorization.visitor, `${at}/exchange`);
  const access = 'urn:ietf:params:oauth:token-type:access_token';
  ensure(answer.issued_token_type === access && answer.access_token !== subject.access_token, JSON.stringify(answer));
  return '`req.oidc.customTokenExchange`';
});

report.notOffered('device', 'no such call');
report.notOffered('introspection', 'no such call');
report.notOffered('revocation', 'no such call');

await report.check('logout', async () => {
  const { headers } = await visitor.open(`${origin}/logout`);
  const back = await browser.signOut(headers.get('location'));
  const expected = new URL(confidential.post_logout_redirect_uri);
  expected.search = new URLSearchParams({ state: LOGOUT_STATE });
  ensure(back.href === expected.href, back.href);
  const { pages } = await authorize(origin);
  ensure(pages[0] === 'sign-in', `pages: ${pages}`);
  return '`idpLogout: true`, `logoutParams`';
});
