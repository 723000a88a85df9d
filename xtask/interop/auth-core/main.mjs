// @auth/core, which next-auth and the other packages of Auth.js are made of, against Grantor: its `Auth` answers requests,
// and no web server is needed for that.

import { Auth, customFetch } from '@auth/core';

import { Visitor } from '../javascript/application.mjs';
import { Browser } from '../javascript/browser.mjs';
import { Report, ensure, errorOf, settings } from '../javascript/report.mjs';

const { issuer, user, confidential } = settings;
const report = new Report('@auth/core', import.meta.url);
const browser = new Browser(issuer, user);

/** An application that signs people in as this client, with the changes to the provider's configuration. */
class Application {
  constructor({ client_id, client_secret, redirect_uri, scope }, changes) {
    this.origin = new URL(redirect_uri).origin;
    const provider = {
      id: 'grantor',
      name: 'Grantor',
      type: 'oidc',
      issuer,
      clientId: client_id,
      clientSecret: client_secret,
      checks: ['pkce', 'state', 'nonce'],
      // Auth.js calls itself back at /auth/callback/grantor, which no client has registered. The registered address is put
      // into the authorization request here, and into the token request below.
      authorization: { params: { scope, redirect_uri, prompt: 'consent' } },
      [customFetch]: (address, options) => {
        if (options?.body?.has('redirect_uri')) {
          options.body.set('redirect_uri', redirect_uri);
        }
        return fetch(address, options);
      },
      ...changes,
    };
    this.config = {
      providers: [provider],
      secret: 'only for the cookies of this one run',
      trustHost: true,
      events: { signIn: (person) => (this.person = person) },
      logger: { error: (error) => (this.error = error) },
    };
  }

  /** A browser at the application. */
  visitor() {
    return new Visitor((request) => Auth(request, this.config));
  }

  /** Presses the button that signs in. */
  async signIn(visitor) {
    const { csrfToken } = await (await visitor.open(`${this.origin}/auth/csrf`)).json();
    const body = new URLSearchParams({ csrfToken });
    const { headers } = await visitor.open(`${this.origin}/auth/signin/grantor`, { method: 'POST', body });
    return new URL(headers.get('location'));
  }

  /** One authorization request, which `change` may change, through the pages. */
  async authorize(change = () => {}) {
    const visitor = this.visitor();
    const address = await this.signIn(visitor);
    change(address.searchParams);
    return { visitor, address, ...(await browser.authorize(address)) };
  }

  /** The person and the tokens that the application gets then. It throws what the library logs. */
  async callBack({ visitor, callback }) {
    this.person = undefined;
    this.error = undefined;
    await visitor.open(`${this.origin}/auth/callback/grantor${callback.search}`);
    if (this.error) {
      throw this.error.cause?.err ?? this.error;
    }
    ensure(this.person, 'nobody is signed in');
    return this.person;
  }

  /** An answer with another parameter is refused for `word`, and taken as it came. */
  async refusedFor(word, authorization, ...changes) {
    for (const change of changes) {
      const callback = new URL(authorization.callback);
      change(callback.searchParams);
      const error = await errorOf(() => this.callBack({ visitor: authorization.visitor.copy(), callback }));
      ensure(error.message.includes(word), `${error}`);
    }
    await this.callBack(authorization);
  }
}

const application = new Application(confidential);

await report.check('discovery', async () => {
  const address = await application.signIn(application.visitor());
  ensure(address.href.startsWith(`${issuer}/`), address.href);
  return '`issuer` of a provider of `type: "oidc"`';
});

await report.check('code-confidential', async () => {
  const authorization = await application.authorize();
  ensure(authorization.pages.join() === 'sign-in,consent', `pages: ${authorization.pages}`);
  ensure(authorization.address.searchParams.get('code_challenge_method') === 'S256', 'no PKCE');
  const { account } = await application.callBack(authorization);
  ensure(account.providerAccountId === user.subject, JSON.stringify(account));
  ensure(account.refresh_token && account.expires_in > 0, 'no refresh token or no lifetime');
  return '`Auth`, `checks: ["pkce", "state", "nonce"]`';
});

await report.check('code-public', async () => {
  const spa = new Application(settings.public, { client: { token_endpoint_auth_method: 'none' } });
  const { account } = await spa.callBack(await spa.authorize());
  ensure(account.id_token, 'no ID token');
  return '`token_endpoint_auth_method: "none"`';
});

report.notOffered('registration', '`clientId` is required');
report.notOffered('request-object', 'no such option');

await report.check('state', async () => {
  await application.refusedFor('"state"', await application.authorize(), (query) => query.set('state', 'another'));
  return '`checks`';
});

await report.check('issuer-parameter', async () => {
  await application.refusedFor(
    '"iss"',
    await application.authorize(),
    (query) => query.set('iss', 'https://other.example'),
    (query) => query.delete('iss'),
  );
  return 'by oauth4webapi; a missing one is refused too';
});

report.notOffered('id-token', '`iss`, `aud`, `exp` and `nonce` are compared, but the signature is not verified');

await report.check('wrong-nonce', async () => {
  const authorization = await application.authorize((query) => query.set('nonce', 'another'));
  const error = await errorOf(() => application.callBack(authorization));
  ensure(error.message.includes('nonce'), `${error}`);
  return '`checks`';
});

report.notOffered('access-token', 'for clients only');

await report.check('userinfo', async () => {
  const asking = new Application(confidential, { idToken: false });
  const authorization = await asking.authorize();
  const { profile } = await asking.callBack(authorization);
  ensure(profile.sub === user.subject && !profile.aud, JSON.stringify(profile));
  const session = await (await authorization.visitor.open(`${asking.origin}/auth/session`)).json();
  ensure(session.user.email === user.email, JSON.stringify(session));
  return '`idToken: false`: the profile is what UserInfo says';
});

report.notOffered('refresh', 'left to the `jwt` callback of the application');

await report.check('invalid-grant', async () => {
  const { visitor, callback } = await application.authorize();
  callback.searchParams.set('code', 'no code');
  const error = await errorOf(() => application.callBack({ visitor, callback }));
  ensure(error.error === 'invalid_grant', `${error}`);
  return '`error` of the logged cause, for an unknown code';
});

await report.check('invalid-client', async () => {
  const wrong = new Application({ ...confidential, client_secret: 'another secret' });
  const authorization = await wrong.authorize();
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
report.notOffered('logout', '`signout` ends the session at the application alone');
