// An application of @auth/core, by its documentation: `Auth` answers requests, and no web server is needed for that.

import { Auth } from '@auth/core';
import { getToken } from '@auth/core/jwt';

import { Visitor, signOutAddress } from '../javascript/application.mjs';
import { registered } from '../javascript/registration.mjs';
import { ensure, settings } from '../javascript/report.mjs';

const { issuer, confidential } = settings;
const SECRET = 'only for the cookies of this one run';
const ORIGIN = new URL(confidential.redirect_uri).origin;

/**
 * A client that is called back where Auth.js has itself called back, by a path that it makes of the provider's name: no client
 * of the demo set has that, so one is registered, as an operator would do.
 */
export function client({ scope }, token_endpoint_auth_method) {
  return registered(issuer, {
    redirect_uris: [`${ORIGIN}/auth/callback/grantor`],
    post_logout_redirect_uris: [confidential.post_logout_redirect_uri],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method,
    scope,
  });
}

/** An application that signs people in as this client, with the changes to the provider's configuration. */
export class Application {
  constructor({ client_id, client_secret, scope }, changes) {
    this.credentials = btoa(`${encodeURIComponent(client_id)}:${encodeURIComponent(client_secret)}`);
    const provider = {
      id: 'grantor',
      name: 'Grantor',
      type: 'oidc',
      issuer,
      clientId: client_id,
      clientSecret: client_secret,
      checks: ['pkce', 'state', 'nonce'],
      authorization: { params: { scope, prompt: 'consent' } },
      ...changes,
    };
    this.config = {
      providers: [provider],
      secret: SECRET,
      trustHost: true,
      callbacks: {
        jwt: ({ token, account, trigger }) => this.#remember(token, account, trigger),
        // Where else people may be led than to the application itself.
        redirect: ({ url, baseUrl }) => (url.startsWith(`${issuer}/`) ? url : baseUrl),
      },
      events: { signIn: (person) => (this.person = person) },
      logger: { error: (error) => (this.error = error) },
    };
  }

  /** A browser at the application. */
  visitor() {
    return new Visitor((request) => this.#answer(request));
  }

  /** Presses the button that signs in: where that leads. */
  async signIn(visitor) {
    return this.#press(visitor, 'signin/grantor');
  }

  /** The person and the tokens that the application gets from a callback. It throws what the library logs. */
  async callBack({ visitor, callback }) {
    this.person = undefined;
    await this.#logged(() => visitor.open(callback));
    ensure(this.person, 'nobody is signed in');
    return this.person;
  }

  /** What the pages know of the person; nothing when nobody is signed in. */
  async session(visitor) {
    return (await visitor.open(`${ORIGIN}/auth/session`)).json();
  }

  /** The tokens that the application keeps for the visitor. */
  async tokens(visitor) {
    return (await visitor.open(`${ORIGIN}/tokens`)).json();
  }

  /** Updates the session, at which the application renews the tokens. It throws what the library logs. */
  async renew(visitor) {
    await this.#logged(() => this.#post(visitor, 'session'));
  }

  /** Presses the button that signs out, here and then at the server: where that leads. */
  async signOut(visitor, state) {
    const { id_token: id_token_hint } = await this.tokens(visitor);
    const { post_logout_redirect_uri } = confidential;
    const { end_session_endpoint } = await metadata();
    const callbackUrl = signOutAddress(end_session_endpoint, { id_token_hint, post_logout_redirect_uri, state });
    return this.#press(visitor, 'signout', { callbackUrl });
  }

  /** What is in the cookie of a person who signs in, and later when the session is updated. */
  async #remember(token, account, trigger) {
    if (account) {
      const { access_token, refresh_token, id_token } = account;
      return { ...token, access_token, refresh_token, id_token };
    }
    return trigger === 'update' ? { ...token, ...(await this.#refresh(token.refresh_token)) } : token;
  }

  /** The tokens that come for a refresh token, for which the library has no call. */
  async #refresh(refresh_token) {
    const { token_endpoint } = await metadata();
    // As the library authenticates for a code.
    const headers = { authorization: `Basic ${this.credentials}` };
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token });
    const response = await fetch(token_endpoint, { method: 'POST', headers, body });
    const answer = await response.json();
    ensure(response.ok, JSON.stringify(answer));
    const { access_token, refresh_token: next, id_token } = answer;
    return { access_token, refresh_token: next, id_token };
  }

  /** The library answers everything but what the application keeps in the library's cookie. */
  async #answer(request) {
    const { pathname } = new URL(request.url);
    return pathname === '/tokens'
      ? Response.json(await getToken({ req: request, secret: SECRET }))
      : Auth(request, this.config);
  }

  async #press(visitor, action, fields) {
    const { headers } = await this.#post(visitor, action, fields);
    return new URL(headers.get('location'));
  }

  /** Sends a form of the application, with what shows that it is one. */
  async #post(visitor, action, fields = {}) {
    const { csrfToken } = await (await visitor.open(`${ORIGIN}/auth/csrf`)).json();
    const body = new URLSearchParams({ csrfToken, ...fields });
    return visitor.open(`${ORIGIN}/auth/${action}`, { method: 'POST', body });
  }

  async #logged(work) {
    this.error = undefined;
    await work();
    if (this.error) {
      throw this.error.cause?.err ?? this.error;
    }
  }
}

/** What the application discovers of the server; the library does not show what it has discovered itself. */
async function metadata() {
  return (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
}
