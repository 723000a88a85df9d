// Where node-oidc-provider keeps what it stores: one adapter for each of its models. It ships none that a measurement can use.

import pg from 'pg';

const POOL_SIZE = 16;
const now = () => Math.floor(Date.now() / 1000);

/**
 * Maps without a bound. The adapter that the library ships is a cache of about a thousand entries that forgets the least used
 * (its own documentation calls it fit for development only): most minted values would be gone before they are sent.
 */
export function memory() {
  const grants = new Map();

  return class MemoryAdapter {
    #entries = new Map();

    async upsert(id, payload) {
      this.#entries.set(id, payload);
      if (payload.grantId) {
        // Each adapter knows only its own entries, so a grant lists how to forget them.
        const members = grants.get(payload.grantId) ?? [];
        members.push(() => this.#entries.delete(id));
        grants.set(payload.grantId, members);
      }
    }

    async find(id) {
      return this.#entries.get(id);
    }

    async consume(id) {
      this.#entries.get(id).consumed = now();
    }

    async destroy(id) {
      this.#entries.delete(id);
    }

    async revokeByGrantId(grantId) {
      grants.get(grantId)?.forEach((forget) => forget());
      grants.delete(grantId);
    }
  };
}

/**
 * One table, named (so prepared) statements, and every statement a durable transaction of its own, as in the SQL adapters that
 * the library's documentation links to. As in them, `consume` is an update without a condition: the library has read the value
 * before, and would not look at the answer.
 */
export async function postgres(connectionString) {
  const pool = new pg.Pool({ connectionString, max: POOL_SIZE });
  // Without a listener the loss of an idle connection ends the process.
  pool.on('error', (error) => console.error(error));
  // `json` is kept as it comes; `jsonb` would cost the server a conversion both ways.
  await pool.query(`
    CREATE TABLE artifacts (
      model text NOT NULL,
      id text NOT NULL,
      payload json NOT NULL,
      grant_id text,
      expires_at timestamptz,
      consumed_at bigint,
      PRIMARY KEY (model, id)
    );
    CREATE INDEX artifacts_of_grant ON artifacts (grant_id) WHERE grant_id IS NOT NULL`);

  const run = (name, text, values) => pool.query({ name, text, values });

  return class PostgresAdapter {
    constructor(model) {
      this.model = model;
    }

    async upsert(id, payload, expiresIn) {
      const expiresAt = expiresIn ? new Date(Date.now() + expiresIn * 1000) : null;
      await run(
        'upsert',
        `INSERT INTO artifacts (model, id, payload, grant_id, expires_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (model, id) DO UPDATE SET payload = $3, grant_id = $4, expires_at = $5`,
        [this.model, id, JSON.stringify(payload), payload.grantId, expiresAt],
      );
    }

    async find(id) {
      const text = 'SELECT payload, consumed_at FROM artifacts WHERE model = $1 AND id = $2';
      const [row] = (await run('find', text, [this.model, id])).rows;
      if (row?.consumed_at) row.payload.consumed = Number(row.consumed_at);
      return row?.payload;
    }

    async consume(id) {
      const text = 'UPDATE artifacts SET consumed_at = $3 WHERE model = $1 AND id = $2';
      await run('consume', text, [this.model, id, now()]);
    }

    async destroy(id) {
      await run('destroy', 'DELETE FROM artifacts WHERE model = $1 AND id = $2', [this.model, id]);
    }

    async revokeByGrantId(grantId) {
      const text = 'DELETE FROM artifacts WHERE model = $1 AND grant_id = $2';
      await run('revoke', text, [this.model, grantId]);
    }
  };
}
