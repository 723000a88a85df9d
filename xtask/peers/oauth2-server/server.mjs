// @jmondi/oauth2-server on Node's own HTTP server, for one work of the measurement. ../README.md says what it is told.

import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

import { AuthorizationServer, OAuthRequest } from '@jmondi/oauth2-server';
import { handleVanillaError } from '@jmondi/oauth2-server/vanilla';
import jsonwebtoken from 'jsonwebtoken';

import { memory, postgres } from './tokens.mjs';

const { PORT, STORE, DATABASE_URL, WORK, MINT = '0', MINT_FILE } = process.env;
const SECRET = 'bench-secret-bench-secret-bench-secret-bench!';
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

const scopes = { read: { name: 'read' } };
const client = {
  id: 'bench',
  name: 'bench',
  secret: SECRET,
  redirectUris: ['https://rp.example/cb'],
  allowedGrants: ['client_credentials', 'refresh_token', TOKEN_EXCHANGE],
  scopes: [scopes.read],
};

const clients = {
  async getByIdentifier(id) {
    return id === client.id ? client : undefined;
  },
  async isClientValid(grant, { allowedGrants, secret }, given) {
    return secret === given && allowedGrants.includes(grant);
  },
};

const scopeRepository = {
  async getAllByIdentifiers(names) {
    return names.map((name) => scopes[name]).filter(Boolean);
  },
  async finalize(wanted) {
    return wanted;
  },
};

const algorithm = WORK === 'client-credentials-rs256' ? 'RS256' : 'ES256';
const keys =
  algorithm === 'RS256'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });
const called = (work) =>
  new Promise((resolve, reject) => work((error, value) => (error ? reject(error) : resolve(value))));

// The library's own service only knows HS256; this one calls the same JWT library in the same way. It signs refresh tokens, too.
const jwt = {
  sign: (payload) => called((done) => jsonwebtoken.sign(payload, keys.privateKey, { algorithm }, done)),
  verify: (token, options) =>
    called((done) => jsonwebtoken.verify(token, keys.publicKey, { ...options, algorithms: [algorithm] }, done)),
  decode: (token) => jsonwebtoken.decode(token),
};

const tokens = STORE === 'postgres' ? await postgres(DATABASE_URL, client, scopes) : memory();
const server = new AuthorizationServer(clients, tokens, scopeRepository, jwt, { issuer: `http://127.0.0.1:${PORT}` });
server.enableGrantTypes('client_credentials', 'refresh_token', {
  grant: TOKEN_EXCHANGE,
  // Whose token it is, is for the application to find out. The least that is sound: whoever a valid signature names.
  async processTokenExchange({ subjectToken }) {
    const { sub } = await jwt.verify(subjectToken);
    return { id: sub };
  },
});

/** What an authorization request of a user of its own would leave, in the words in which the library's grants answer. */
async function mint(user) {
  const token = await tokens.issueToken(client, [scopes.read], { id: `user-${user}` });
  await tokens.persist(token);
  await tokens.issueRefreshToken(token);
  const answer = await server.getGrant('refresh_token').makeBearerTokenResponse(client, token, token.scopes);
  return ['refresh', 'revoke'].includes(WORK) ? answer.body.refresh_token : answer.body.access_token;
}

if (Number(MINT) > 0) {
  const values = [];
  while (values.length < Number(MINT)) {
    const batch = Math.min(16, Number(MINT) - values.length);
    values.push(...(await Promise.all(Array.from({ length: batch }, (_, index) => mint(values.length + index)))));
  }
  writeFileSync(MINT_FILE, `${values.join('\n')}\n`);
}

const endpoints = {
  '/token': (request) => server.respondToAccessTokenRequest(request),
  '/token/introspect': (request) => server.introspect(request),
  '/token/revoke': (request) => server.revoke(request),
};

async function answer({ url, headers }, form) {
  try {
    return await endpoints[url](new OAuthRequest({ headers, body: Object.fromEntries(new URLSearchParams(form)) }));
  } catch (error) {
    console.error(error);
    return handleVanillaError(error);
  }
}

createServer((request, response) => {
  let form = '';
  request.setEncoding('utf8');
  request.on('data', (chunk) => (form += chunk));
  request.on('end', async () => {
    const { status, headers, body } = await answer(request, form);
    const text = JSON.stringify(body);
    response.writeHead(status, { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  });
}).listen(Number(PORT), '127.0.0.1', () => console.log('READY'));
