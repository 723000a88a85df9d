// node-oidc-provider as its documentation sets it up, for one work of the measurement. ../README.md says what it is told.

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';

import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

import { memory, postgres } from './adapters.mjs';

const { PORT, STORE, DATABASE_URL, WORK, MINT = '0', MINT_FILE } = process.env;
const HOUR = 3600;
const RESOURCE = 'urn:api';
const REDIRECT_URI = 'https://rp.example/cb';
const CODE_CHALLENGE = createHash('sha256').update('v'.repeat(43)).digest('base64url');

const algorithm = { 'client-credentials-eddsa': 'EdDSA', 'client-credentials-rs256': 'RS256' }[WORK] ?? 'ES256';
const { privateKey } = await generateKeyPair(algorithm, { extractable: true, modulusLength: 2048 });
const key = { ...(await exportJWK(privateKey)), alg: algorithm, use: 'sig', kid: 'bench' };

const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  adapter: STORE === 'postgres' ? await postgres(DATABASE_URL) : memory(),
  clients: [
    {
      client_id: 'bench',
      client_secret: 'bench-secret-bench-secret-bench-secret-bench!',
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: [REDIRECT_URI],
      id_token_signed_response_alg: algorithm,
      scope: 'openid offline_access read',
    },
  ],
  cookies: { keys: ['bench'] },
  enabledJWA: { idTokenSigningAlgValues: ['ES256', 'EdDSA', 'RS256'] },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope: 'read',
        audience: RESOURCE,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: algorithm } },
      }),
    },
    revocation: { enabled: true },
  },
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  jwks: { keys: [key] },
  rotateRefreshToken: true,
  scopes: ['openid', 'offline_access', 'read'],
  // Whatever is minted outlives the measurement.
  ttl: {
    AccessToken: HOUR,
    AuthorizationCode: HOUR,
    ClientCredentials: HOUR,
    Grant: 24 * HOUR,
    IdToken: HOUR,
    RefreshToken: 24 * HOUR,
  },
});
provider.on('server_error', (_context, error) => console.error(error));

/** One value for the work, by the library's own models: what an authorization request of a user of its own would leave. */
async function mint(client, user) {
  const { AccessToken, AuthorizationCode, Grant, RefreshToken } = provider;
  const accountId = `user-${user}`;
  const scope = ['refresh', 'refresh-opaque'].includes(WORK) ? 'offline_access read' : 'openid offline_access read';
  const resource = ['code', 'refresh'].includes(WORK) ? RESOURCE : undefined;
  const grant = new Grant({ accountId, clientId: client.clientId });
  grant.addOIDCScope(scope);
  if (resource) grant.addResourceScope(resource, 'read');
  const granted = {
    client,
    accountId,
    scope,
    resource,
    grantId: await grant.save(),
    authTime: Math.floor(Date.now() / 1000),
    gty: 'authorization_code',
  };
  switch (WORK) {
    case 'code':
    case 'code-opaque': {
      const pkce = { codeChallenge: CODE_CHALLENGE, codeChallengeMethod: 'S256' };
      return new AuthorizationCode({ ...granted, ...pkce, redirectUri: REDIRECT_URI }).save();
    }
    case 'refresh':
    case 'refresh-opaque':
    case 'refresh-id-token':
    case 'revoke':
      return new RefreshToken(granted).save();
    case 'introspect-opaque':
    case 'userinfo':
      return new AccessToken(granted).save();
    default:
      throw new Error(`nothing to mint for ${WORK}`);
  }
}

if (Number(MINT) > 0) {
  const client = await provider.Client.find('bench');
  const values = [];
  while (values.length < Number(MINT)) {
    const batch = Math.min(16, Number(MINT) - values.length);
    values.push(...(await Promise.all(Array.from({ length: batch }, (_, index) => mint(client, values.length + index)))));
  }
  writeFileSync(MINT_FILE, `${values.join('\n')}\n`);
}
provider.listen(Number(PORT), '127.0.0.1', () => console.log('READY'));
