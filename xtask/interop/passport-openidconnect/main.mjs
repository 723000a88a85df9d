// passport-openidconnect against Grantor, by the calls of its documentation: an Express application that people sign in to.

import express from 'express';
import session from 'express-session';
import passport from 'passport';
import OpenIDConnectStrategy from 'passport-openidconnect';

import { Visitor, listen } from '../javascript/application.mjs';
import { Browser } from '../javascript/browser.mjs';
import { Report, ensure, errorOf, refused, settings } from '../javascript/report.mjs';

const { issuer, user, confidential } = settings;
const report = new Report('passport-openidconnect', import.meta.url);
const browser = new Browser(issuer, user);

/** An application with the strategy, and with this secret. */
async function start(clientSecret) {
  const { server, origin } = await listen();
  const { pathname } = new URL(confidential.redirect_uri);
  const strategy = new OpenIDConnectStrategy(
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
    (_issuer, userInfo, idToken, _context, _idToken, _accessToken, refreshToken, answer, done) =>
      done(null, { userInfo, idToken, refreshToken, lifetime: answer.expires_in }),
  );
  const authenticator = new passport.Passport();
  authenticator.use(strategy);
  const application = express();
  application.use(session({ secret: 'only for the state of this one run', resave: false, saveUninitialized: false }));
  application.get('/login', authenticator.authenticate('openidconnect'));
  application.get(pathname, (request, response, next) => {
    const answer = (failure, person, refusal) => {
      const error = failure && { ...failure, message: failure.message };
      response.json({ error, person, refusal });
    };
    authenticator.authenticate('openidconnect', answer)(request, response, next);
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

const application = await start(confidential.client_secret);

report.notOffered('discovery', 'endpoints are given by hand');
report.notOffered('code-confidential', 'no PKCE: it signs people in without, as `userinfo` shows');
report.notOffered('code-public', 'no PKCE, which a public client needs');
report.notOffered('registration', '`clientID` is given by hand');
report.notOffered('request-object', 'no such option');

await report.check('userinfo', async () => {
  const authorization = await authorize(application);
  ensure(authorization.pages.join() === 'sign-in,consent', `pages: ${authorization.pages}`);
  const { userInfo, idToken, refreshToken, lifetime } = await callBack(authorization);
  ensure(refreshToken && lifetime > 0, 'no refresh token or no lifetime');
  ensure(idToken.id === user.subject && userInfo.id === user.subject, JSON.stringify({ idToken, userInfo }));
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

report.notOffered('refresh', 'the refresh token is handed to `verify`');

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
report.notOffered('logout', '`logout` of Passport ends the session at the application alone');
