// passport-openidconnect against Grantor, by the calls of its documentation: an Express application that people sign in to.

import express from 'express';
import session from 'express-session';
import passport from 'passport';
import OpenIDConnectStrategy from 'passport-openidconnect';

import { Visitor, listen, signOutAddress } from '../javascript/application.mjs';
import { Browser } from '../javascript/browser.mjs';
import { Report, ensure, errorOf, refused, settings } from '../javascript/report.mjs';

const { issuer, user, confidential } = settings;
const report = new Report('passport-openidconnect', import.meta.url);
const browser = new Browser(issuer, user);
const LOGOUT_STATE = 'signed out';

/** The strategy, and what it leaves to its subclasses: the client of the package `oauth` by which it redeems codes. */
class Strategy extends OpenIDConnectStrategy {
  /** The tokens that come for a refresh token. */
  refresh(refreshToken) {
    return new Promise((resolve, reject) => {
      const answered = (failure, accessToken, nextRefreshToken, { id_token: idToken } = {}) =>
        failure ? reject(new Error(failure.data)) : resolve({ accessToken, refreshToken: nextRefreshToken, idToken });
      this._oauth2.getOAuthAccessToken(refreshToken, { grant_type: 'refresh_token' }, answered);
    });
  }

  /** What UserInfo says. */
  userInfo(accessToken) {
    return new Promise((resolve, reject) => {
      const answered = (failure, body) => (failure ? reject(new Error(failure.data)) : resolve(JSON.parse(body)));
      this._oauth2.get(`${issuer}/oauth/userinfo`, accessToken, answered);
    });
  }
}

/** An application with the strategy, and with this secret. */
async function start(clientSecret) {
  const { server, origin } = await listen();
  const { pathname } = new URL(confidential.redirect_uri);
  const strategy = new Strategy(
    {
      issuer,
      authorizationURL: `${issuer}/oauth/authorize`,
      tokenURL: `${issuer}/oauth/token`,
      userInfoURL: `${issuer}/oauth/userinfo`,
      clientID: confidential.client_id,
      clientSecret,
      callbackURL: `${origin}${pathname}`,
      // It adds `openid` itself.
      scope: confidential.scope.split(' ').filter((scope) => scope !== 'openid'),
      prompt: 'consent',
      nonce: true,
    },
    // Who takes nine is shown all there is, what UserInfo says apart from what the ID token says.
    (_issuer, userInfo, claims, _context, idToken, accessToken, refreshToken, answer, done) =>
      done(null, { userInfo, claims, tokens: { idToken, accessToken, refreshToken }, lifetime: answer.expires_in }),
  );
  const authenticator = new passport.Passport();
  authenticator.use(strategy);
  authenticator.serializeUser((person, done) => done(null, person));
  authenticator.deserializeUser((person, done) => done(null, person));
  const application = express();
  application.use(session({ secret: 'only for the sessions of this one run', resave: false, saveUninitialized: false }));
  application.use(authenticator.session());
  application.get('/login', authenticator.authenticate('openidconnect'));
  /** Remembers the person, and answers with them. */
  const signIn = (person, request, response, next) => {
    request.login(person, (failure) => (failure ? next(failure) : response.json({ person })));
  };
  application.get(pathname, (request, response, next) => {
    const answer = (failure, person, refusal) => {
      const error = failure && { ...failure, message: failure.message };
      return person ? signIn(person, request, response, next) : response.json({ error, refusal });
    };
    authenticator.authenticate('openidconnect', answer)(request, response, next);
  });
  application.get('/', ({ user: person }, response) => response.json({ person }));
  application.get('/refresh', async (request, response, next) => {
    const tokens = await strategy.refresh(request.user.tokens.refreshToken);
    const userInfo = await strategy.userInfo(tokens.accessToken);
    signIn({ ...request.user, tokens, userInfo }, request, response, next);
  });
  application.get('/logout', (request, response, next) => {
    const address = signOutAddress(`${issuer}/oauth/logout`, {
      id_token_hint: request.user.tokens.idToken,
      post_logout_redirect_uri: confidential.post_logout_redirect_uri,
      state: LOGOUT_STATE,
    });
    request.logout((failure) => (failure ? next(failure) : response.redirect(address.href)));
  });
  server.on('request', application);
  return { origin };
}

/** One authorization request of the application, which `change` may change, through the pages. */
async function authorize({ origin }, change = () => {}) {
  const visitor = new Visitor();
  const { headers } = await visitor.open(`${origin}/login`);
  const address = new URL(headers.get('location'));
  change(address.searchParams);
  return { visitor, ...(await browser.authorize(address)) };
}

/** The person whom the application knows then. */
async function callBack({ visitor, callback }) {
  const { person, error, refusal } = await (await visitor.open(callback)).json();
  if (!person) {
    throw error ?? new Error(refusal.message);
  }
  return person;
}

/** The person whom the application remembers. */
async function remembered(visitor) {
  return (await (await visitor.open(`${application.origin}/`)).json()).person;
}

const application = await start(confidential.client_secret);
let visitor;

report.notOffered('discovery', 'endpoints are given by hand');
report.notOffered('code-confidential', 'no PKCE: it signs people in without, as `userinfo` shows');
report.notOffered('code-public', 'no PKCE, which a public client needs');
report.notOffered('registration', '`clientID` is given by hand');
report.notOffered('request-object', 'no such option');

await report.check('userinfo', async () => {
  const authorization = await authorize(application);
  ensure(authorization.pages.join() === 'sign-in,consent', `pages: ${authorization.pages}`);
  const { userInfo, claims, tokens, lifetime } = await callBack(authorization);
  visitor = authorization.visitor;
  ensure(tokens.refreshToken && lifetime > 0, 'no refresh token or no lifetime');
  ensure(claims.id === user.subject && userInfo.id === user.subject, JSON.stringify({ claims, userInfo }));
  ensure(userInfo.emails[0].value === user.email, JSON.stringify(userInfo));
  return '`userInfoURL`, for a `verify` that takes its answer';
});

await report.check('state', async () => {
  const authorization = await authorize(application);
  const { visitor: another } = await authorize(application);
  await refused('state', () => callBack({ ...authorization, visitor: another }));
  await callBack(authorization);
  return 'kept in the session of `express-session`';
});

report.notOffered('issuer-parameter', 'the callback is read for `code` and `state` alone');
report.notOffered('id-token', '`iss`, `aud`, `exp` and `nonce` are compared, but the signature is not verified');

await report.check('wrong-nonce', async () => {
  const authorization = await authorize(application, (query) => query.set('nonce', 'another'));
  await refused('nonce', () => callBack(authorization));
  return '`nonce: true`';
});

report.notOffered('access-token', 'opaque to it');

await report.check('refresh', async () => {
  const { tokens: before } = await remembered(visitor);
  const response = await visitor.open(`${application.origin}/refresh`);
  ensure(response.ok, await response.text());
  const { tokens, userInfo } = await remembered(visitor);
  ensure(tokens.refreshToken && tokens.refreshToken !== before.refreshToken, 'the refresh token was not rotated');
  ensure(tokens.idToken && tokens.idToken !== before.idToken, 'no new ID token');
  ensure(tokens.accessToken !== before.accessToken && userInfo.email === user.email, JSON.stringify(userInfo));
  return '`getOAuthAccessToken` of `_oauth2`, which subclasses may use: a new refresh token and a new ID token';
});

await report.check('invalid-grant', async () => {
  const { visitor, callback } = await authorize(application);
  callback.searchParams.set('code', 'no code');
  const error = await errorOf(() => callBack({ visitor, callback }));
  ensure(error.name === 'TokenError' && error.code === 'invalid_grant', JSON.stringify(error));
  return '`TokenError.code`, for an unknown code';
});

await report.check('invalid-client', async () => {
  const authorization = await authorize(await start('another secret'));
  const error = await errorOf(() => callBack(authorization));
  ensure(error.name === 'TokenError' && error.code === 'invalid_client', JSON.stringify(error));
  return '`TokenError.code`';
});

report.notOffered('secret-basic', 'no client credentials grant; a code goes with the secret in the body');
report.notOffered('secret-post', 'no client credentials grant; a code goes with the secret in the body');
report.notOffered('private-key-jwt', 'a secret is the only proof');
report.notOffered('token-exchange', 'no such call');
report.notOffered('device', 'no such call');
report.notOffered('introspection', 'no such call');
report.notOffered('revocation', 'no such call');

await report.byApplication('logout', async () => {
  const { headers } = await visitor.open(`${application.origin}/logout`);
  const back = await browser.signOut(headers.get('location'));
  const expected = signOutAddress(confidential.post_logout_redirect_uri, { state: LOGOUT_STATE });
  ensure(back.href === expected.href, back.href);
  ensure(!(await remembered(visitor)), 'the application still knows the person');
  const { pages } = await authorize(application);
  ensure(pages[0] === 'sign-in', `pages: ${pages}`);
  return '`logout` of Passport, then a redirect to the end session endpoint, which is given by hand as the others are';
});
