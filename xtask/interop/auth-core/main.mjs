// @auth/core, which next-auth and the other packages of Auth.js are made of, against Grantor.

import { signOutAddress } from '../javascript/application.mjs';
import { Browser } from '../javascript/browser.mjs';
import { Report, ensure, errorOf, settings } from '../javascript/report.mjs';
import { Application, client } from './application.mjs';

const { issuer, user, confidential } = settings;
const report = new Report('@auth/core', import.meta.url);
const browser = new Browser(issuer, user);
const LOGOUT_STATE = 'signed out';

/** One authorization request of an application, which `change` may change, through the pages. */
async function authorize(application, change = () => {}) {
  const visitor = application.visitor();
  const address = await application.signIn(visitor);
  change(address.searchParams);
  return { visitor, address, ...(await browser.authorize(address)) };
}

/** An answer with another parameter is refused for `word`, and taken as it came. */
async function refusedFor(word, authorization, ...changes) {
  for (const change of changes) {
    const callback = new URL(authorization.callback);
    change(callback.searchParams);
    const error = await errorOf(() => application.callBack({ visitor: authorization.visitor.copy(), callback }));
    ensure(error.message.includes(word), `${error}`);
  }
  await application.callBack(authorization);
}

const registration = await client(confidential, 'client_secret_basic');
const application = new Application(registration);
let visitor;

await report.check('discovery', async () => {
  const address = await application.signIn(application.visitor());
  ensure(address.href.startsWith(`${issuer}/`), address.href);
  return '`issuer` of a provider of `type: "oidc"`';
});

await report.check('code-confidential', async () => {
  const authorization = await authorize(application);
  ensure(authorization.pages.join() === 'sign-in,consent', `pages: ${authorization.pages}`);
  ensure(authorization.address.searchParams.get('code_challenge_method') === 'S256', 'no PKCE');
  const { account } = await application.callBack(authorization);
  visitor = authorization.visitor;
  ensure(account.providerAccountId === user.subject, JSON.stringify(account));
  ensure(account.refresh_token && account.expires_in > 0, 'no refresh token or no lifetime');
  return '`Auth`, `checks: ["pkce", "state", "nonce"]`';
});

await report.check('code-public', async () => {
  const spa = new Application(await client(settings.public, 'none'), { client: { token_endpoint_auth_method: 'none' } });
  const { account } = await spa.callBack(await authorize(spa));
  ensure(account.id_token, 'no ID token');
  return '`token_endpoint_auth_method: "none"`';
});

report.notOffered('registration', '`clientId` is required');
report.notOffered('request-object', 'no such option');

await report.check('state', async () => {
  await refusedFor('"state"', await authorize(application), (query) => query.set('state', 'another'));
  return '`checks`';
});

await report.check('issuer-parameter', async () => {
  await refusedFor(
    '"iss"',
    await authorize(application),
    (query) => query.set('iss', 'https://other.example'),
    (query) => query.delete('iss'),
  );
  return 'by oauth4webapi; a missing one is refused too';
});

report.notOffered('id-token', '`iss`, `aud`, `exp` and `nonce` are compared, but the signature is not verified');

await report.check('wrong-nonce', async () => {
  const authorization = await authorize(application, (query) => query.set('nonce', 'another'));
  const error = await errorOf(() => application.callBack(authorization));
  ensure(error.message.includes('nonce'), `${error}`);
  return '`checks`';
});

report.notOffered('access-token', 'for clients only');

await report.check('userinfo', async () => {
  const asking = new Application(registration, { idToken: false });
  const authorization = await authorize(asking);
  const { profile } = await asking.callBack(authorization);
  ensure(profile.sub === user.subject && !profile.aud, JSON.stringify(profile));
  const session = await asking.session(authorization.visitor);
  ensure(session.user.email === user.email, JSON.stringify(session));
  return '`idToken: false`: the profile is what UserInfo says';
});

await report.byApplication('refresh', async () => {
  const before = await application.tokens(visitor);
  await application.renew(visitor);
  const tokens = await application.tokens(visitor);
  ensure(tokens.refresh_token && tokens.refresh_token !== before.refresh_token, 'the refresh token was not rotated');
  ensure(tokens.id_token && tokens.id_token !== before.id_token, 'no new ID token');
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  const claims = await (await fetch(`${issuer}/oauth/userinfo`, { headers })).json();
  ensure(tokens.access_token !== before.access_token && claims.email === user.email, JSON.stringify(claims));
  return 'the `jwt` callback asks the token endpoint, as the guide of Auth.js says: a new refresh token and a new ID token';
});

await report.check('invalid-grant', async () => {
  const { visitor, callback } = await authorize(application);
  callback.searchParams.set('code', 'no code');
  const error = await errorOf(() => application.callBack({ visitor, callback }));
  ensure(error.error === 'invalid_grant', `${error}`);
  return '`error` of the logged cause, for an unknown code';
});

await report.check('invalid-client', async () => {
  const wrong = new Application({ ...registration, client_secret: 'another secret' });
  const authorization = await authorize(wrong);
  const error = await errorOf(() => wrong.callBack(authorization));
  ensure((await error.response?.json())?.error === 'invalid_client', `${error}`);
  return '`response` of the logged cause, a `WWWAuthenticateChallengeError`';
});

report.notOffered('secret-basic', 'no client credentials grant; `token_endpoint_auth_method` is for a code');
report.notOffered('secret-post', 'no client credentials grant; `token_endpoint_auth_method` is for a code');
report.notOffered('private-key-jwt', 'no client credentials grant; `token_endpoint_auth_method` is for a code');
report.notOffered('token-exchange', 'no such call');
report.notOffered('device', 'no such call');
report.notOffered('introspection', 'no such call');
report.notOffered('revocation', 'no such call');

await report.byApplication('logout', async () => {
  const back = await browser.signOut(await application.signOut(visitor, LOGOUT_STATE));
  const expected = signOutAddress(confidential.post_logout_redirect_uri, { state: LOGOUT_STATE });
  ensure(back.href === expected.href, back.href);
  ensure(!(await application.session(visitor)), 'the application still knows the person');
  const { pages } = await authorize(application);
  ensure(pages[0] === 'sign-in', `pages: ${pages}`);
  return '`signout` leads to `end_session_endpoint`, which the application discovers and its `redirect` callback allows';
});
