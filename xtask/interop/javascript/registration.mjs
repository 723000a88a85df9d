// Clients of a program's own, where its library registers none.

import { ensure } from './report.mjs';

/** Registers a client: what the server answers, with `client_id` and, unless it shows none, `client_secret`. */
export async function registered(issuer, metadata) {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(metadata);
  const response = await fetch(`${issuer}/oauth/register`, { method: 'POST', headers, body });
  const answer = await response.json();
  ensure(response.status === 201, JSON.stringify(answer));
  return answer;
}
