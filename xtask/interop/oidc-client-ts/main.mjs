// oidc-client-ts against Grantor, by the calls of its documentation. The library runs in a page of a real browser, which lets
// it read the server's answers only as far as CORS goes, and the person signs in there, with JavaScript.

import { readFileSync } from 'node:fs';

import { listen } from '../javascript/application.mjs';
import { Report, ensure, errorOf, refused, settings } from '../javascript/report.mjs';
import { Chromium } from './chromium.mjs';

const { issuer, user, confidential } = settings;
const { client_id, redirect_uri, post_logout_redirect_uri } = settings.public;
const report = new Report('oidc-client-ts', import.meta.url);

/** What the library is told. */
const options = {
  authority: issuer,
  client_id,
  redirect_uri,
  post_logout_redirect_uri,
  // This client may ask for as much as the other.
  scope: confidential.scope,
  prompt: 'consent',
  loadUserInfo: true,
  automaticSilentRenew: false,
};

const { server, origin } = await listen(new URL(redirect_uri).port);
const bundle = readFileSync(new URL('node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js', import.meta.url));
server.on('request', ({ url }, response) => {
  if (url === '/oidc-client-ts.js') {
    response.setHeader('content-type', 'text/javascript').end(bundle);
  } else {
    response.setHeader('content-type', 'text/html').end('<!doctype html><script src="/oidc-client-ts.js"></script>');
  }
});
const browser = await Chromium.start();

/** Does what the pages ask, until the client is called back. */
async function walk() {
  const pages = [];
  await browser.until(async () => (await browser.address()).origin === new URL(issuer).origin);
  while ((await browser.address()).origin !== origin) {
    const password = await browser.find('[name="password"]');
    const allow = await browser.find('[name="decision"][value="allow"]');
    if (password) {
      pages.push('sign-in');
      await browser.type(await browser.find('[name="username"]'), user.username);
      await browser.type(password, user.password);
      await browser.follow(await browser.find('[type="submit"]'));
    } else if (allow) {
      pages.push('consent');
      await browser.follow(allow);
    } else {
      throw new Error(`the pages lead nowhere: ${await browser.address()}`);
    }
  }
  return { callback: await browser.address(), pages };
}

/** One authorization request, which `change` may change, through the pages. The browser is at the callback then. */
async function authorize(change = () => {}) {
  await browser.open(origin);
  const request = await browser.run(async (options) => {
    const { url } = await new oidc.OidcClient(options).createSigninRequest({ nonce: crypto.randomUUID() });
    return url;
  }, options);
  const address = new URL(request);
  change(address.searchParams);
  await browser.open(address);
  return walk();
}

/** Takes an authorization response in the page. */
function take(callback) {
  const work = async (options, callback) => new oidc.OidcClient(options).processSigninResponse(callback);
  return browser.run(work, options, callback.href);
}

/** Lets the page go to the address that signs in. */
async function signIn() {
  await browser.open(origin);
  await browser.run(async (options) => {
    void new oidc.UserManager(options).signinRedirect({ nonce: crypto.randomUUID() });
  }, options);
  return walk();
}

let metadata;
let person;

await report.check('discovery', async () => {
  await browser.open(origin);
  metadata = await browser.run(async (options) => new oidc.UserManager(options).metadataService.getMetadata(), options);
  ensure(metadata.issuer === issuer, metadata.issuer);
  return '`authority`, read from another origin';
});

report.notOffered('code-confidential', 'for pages in a browser, which can keep no secret');

await report.check('code-public', async () => {
  const { callback, pages } = await signIn();
  ensure(pages.join() === 'sign-in,consent', `pages: ${pages}`);
  ensure(`${callback.origin}${callback.pathname}` === redirect_uri, callback.href);
  person = await browser.run(async (options) => new oidc.UserManager(options).signinCallback(), options);
  ensure(person.refresh_token && person.expires_at > Date.now() / 1000, 'no refresh token or no lifetime');
  return '`signinRedirect`, `signinCallback`, in Chromium';
});

report.notOffered('registration', '`client_id` is required');
report.notOffered('request-object', 'it sends one as `request` of `createSigninRequest`, but signs none');

await report.check('state', async () => {
  const { callback } = await authorize();
  const changed = new URL(callback);
  changed.searchParams.set('state', 'another');
  await refused('state', () => take(changed));
  await take(callback);
  return 'kept in `localStorage`';
});

report.notOffered('issuer-parameter', 'the callback is not read for `iss`');
report.notOffered('id-token', '`nonce` and `sub` alone are compared, and the signature is not verified');

await report.check('wrong-nonce', async () => {
  const { callback } = await authorize((query) => query.set('nonce', 'another'));
  await refused('nonce', () => take(callback));
  return '`nonce` of `signinRedirect`';
});

report.notOffered('access-token', 'for clients only');

await report.check('userinfo', () => {
  ensure(person.profile.sub === user.subject && person.profile.email === user.email, JSON.stringify(person.profile));
  const idToken = JSON.parse(Buffer.from(person.id_token.split('.')[1], 'base64url'));
  ensure(!idToken.email, 'the ID token has the address too, so it may not be from UserInfo');
  return '`loadUserInfo`, read from another origin';
});

await report.check('refresh', async () => {
  const before = person;
  person = await browser.run(async (options) => new oidc.UserManager(options).signinSilent(), options);
  ensure(person.refresh_token && person.refresh_token !== before.refresh_token, 'the refresh token was not rotated');
  ensure(person.profile.sub === user.subject && person.id_token !== before.id_token, 'no new ID token');
  return '`signinSilent`: a new refresh token and a new ID token';
});

await report.check('invalid-grant', async () => {
  const error = await errorOf(() =>
    browser.run(async (options) => {
      const state = { ...(await new oidc.UserManager(options).getUser()), refresh_token: 'no refresh token' };
      return new oidc.OidcClient(options).useRefreshToken({ state });
    }, options),
  );
  ensure(error.name === 'ErrorResponse' && error.error === 'invalid_grant', `${error}`);
  return '`ErrorResponse.error`';
});

report.notOffered('invalid-client', 'for pages in a browser, which can keep no secret');
report.notOffered('secret-basic', 'no client credentials grant');
report.notOffered('secret-post', 'no client credentials grant');
report.notOffered('private-key-jwt', 'no client credentials grant');
report.notOffered('token-exchange', 'no such call');
report.notOffered('device', 'no such call');
report.notOffered('introspection', 'no such call');

await report.check('revocation', async () => {
  const { access_token } = await browser.run(async (options) => {
    const manager = new oidc.UserManager(options);
    const user = await manager.getUser();
    await manager.revokeTokens(['refresh_token']);
    return user;
  }, options);
  const { status } = await fetch(metadata.userinfo_endpoint, { headers: { authorization: `Bearer ${access_token}` } });
  ensure(status === 401, `the access token still works: ${status}`);
  return '`revokeTokens` of the refresh token; UserInfo refuses the access token after it';
});

await report.check('logout', async () => {
  await browser.open(origin);
  await browser.run(async (options) => {
    void new oidc.UserManager(options).signoutRedirect({ state: 'signed out' });
  }, options);
  await browser.until(async () => (await browser.address()).search);
  const back = await browser.address();
  ensure(back.href.startsWith(`${post_logout_redirect_uri}?state=`), back.href);
  const answer = await browser.run(async (options) => new oidc.UserManager(options).signoutCallback(), options);
  ensure(answer?.userState === 'signed out', JSON.stringify(answer));
  const { pages } = await signIn();
  ensure(pages[0] === 'sign-in', `pages: ${pages}`);
  return '`signoutRedirect`, `signoutCallback`';
});

await browser.close();
