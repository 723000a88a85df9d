// Where @jmondi/oauth2-server keeps its tokens: an application of it writes such a repository.

import { randomBytes } from 'node:crypto';

import pg from 'pg';

const POOL_SIZE = 16;
const DAY = 24 * 3600_000;
const LONG_AGO = new Date(0);
const random = () => randomBytes(32).toString('base64url');

// What every store does alike. A token is revoked by ending its life, as in the library's own example.
const common = {
  async issueToken(client, scopes, user) {
    return { accessToken: random(), accessTokenExpiresAt: new Date(Date.now() + DAY), client, scopes, user };
  },

  async isRefreshTokenRevoked(token) {
    return Date.now() > token.refreshTokenExpiresAt.getTime();
  },
};

function addRefreshToken(token) {
  token.refreshToken = random();
  token.refreshTokenExpiresAt = new Date(Date.now() + DAY);
}

function found(token) {
  if (!token) throw new Error('no such token');
  return token;
}

export function memory() {
  const byAccessToken = new Map();
  const byRefreshToken = new Map();
  return {
    ...common,

    async persist(token) {
      byAccessToken.set(token.accessToken, token);
    },

    async issueRefreshToken(token) {
      addRefreshToken(token);
      byRefreshToken.set(token.refreshToken, token);
      return token;
    },

    async revoke(token) {
      token.accessTokenExpiresAt = LONG_AGO;
      token.refreshTokenExpiresAt = LONG_AGO;
    },

    async getByAccessToken(value) {
      return found(byAccessToken.get(value));
    },

    async getByRefreshToken(value) {
      return found(byRefreshToken.get(value));
    },
  };
}

/** One table, named (so prepared) statements, and every statement a durable transaction of its own: the library opens none. */
export async function postgres(connectionString, client, scopes) {
  const pool = new pg.Pool({ connectionString, max: POOL_SIZE });
  // Without a listener the loss of an idle connection ends the process.
  pool.on('error', (error) => console.error(error));
  await pool.query(`
    CREATE TABLE tokens (
      access_token text PRIMARY KEY,
      access_token_expires_at timestamptz NOT NULL,
      refresh_token text UNIQUE,
      refresh_token_expires_at timestamptz,
      user_id text,
      scopes text[] NOT NULL
    )`);

  const run = (name, text, values) => pool.query({ name, text, values });
  const read = async (name, column, value) => {
    const row = found((await run(name, `SELECT * FROM tokens WHERE ${column} = $1`, [value])).rows[0]);
    return {
      accessToken: row.access_token,
      accessTokenExpiresAt: row.access_token_expires_at,
      refreshToken: row.refresh_token,
      refreshTokenExpiresAt: row.refresh_token_expires_at,
      client,
      user: row.user_id ? { id: row.user_id } : undefined,
      scopes: row.scopes.map((name) => scopes[name]),
    };
  };

  return {
    ...common,

    async persist(token) {
      const names = token.scopes.map(({ name }) => name);
      await run(
        'persist',
        'INSERT INTO tokens (access_token, access_token_expires_at, user_id, scopes) VALUES ($1, $2, $3, $4)',
        [token.accessToken, token.accessTokenExpiresAt, token.user?.id, names],
      );
    },

    async issueRefreshToken(token) {
      addRefreshToken(token);
      await run(
        'issue-refresh-token',
        'UPDATE tokens SET refresh_token = $2, refresh_token_expires_at = $3 WHERE access_token = $1',
        [token.accessToken, token.refreshToken, token.refreshTokenExpiresAt],
      );
      return token;
    },

    async revoke(token) {
      await run(
        'revoke',
        'UPDATE tokens SET access_token_expires_at = $2, refresh_token_expires_at = $2 WHERE access_token = $1',
        [token.accessToken, LONG_AGO],
      );
    },

    getByAccessToken: (value) => read('by-access-token', 'access_token', value),
    getByRefreshToken: (value) => read('by-refresh-token', 'refresh_token', value),
  };
}
