// What a program reads and what it prints (see ../README.md).

import { readFileSync } from 'node:fs';

/** The server, its clients and its user. */
export const settings = JSON.parse(process.env.GRANTOR_INTEROP ?? '{}');

/** The private key of the machine client, for WebCrypto. */
export async function machineKey() {
  const jwk = JSON.parse(readFileSync(settings.machine.key_file, 'utf8'));
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  return { key, kid: jwk.kid };
}

/** The checks of one library: one line of JSON each. */
export class Report {
  /**
   * @param {string} library the package's name
   * @param {string} program the URL of the program, beside which the package is installed
   */
  constructor(library, program) {
    const manifest = new URL(`node_modules/${library}/package.json`, program);
    this.library = library;
    this.version = JSON.parse(readFileSync(manifest, 'utf8')).version;
  }

  /** Runs a check: it passes with what the work gives as its detail, and fails with what the work throws. */
  async check(check, work) {
    await this.#run(check, 'pass', work);
  }

  /** Runs a check in which the application does what the library has no call for. */
  async byApplication(check, work) {
    await this.#run(check, 'application', work);
  }

  /** Says that the library has no such thing. */
  notOffered(check, why) {
    this.#print(check, 'not offered', why);
  }

  async #run(check, outcome, work) {
    try {
      this.#print(check, outcome, await work());
    } catch (error) {
      this.#print(check, 'fail', describe(error));
    }
  }

  #print(check, outcome, detail) {
    console.log(JSON.stringify({ library: this.library, version: this.version, check, outcome, detail }));
  }
}

/** Fails unless `condition` holds. */
export function ensure(condition, complaint) {
  if (!condition) {
    throw new Error(complaint);
  }
}

/** Fails unless `work` is refused by an error that says `word`. */
export async function refused(word, work) {
  const error = await errorOf(work);
  ensure(describe(error).includes(word), `refused, but not for ${word}: ${describe(error)}`);
}

/** What `work` is refused by; fails if it is taken. */
export async function errorOf(work) {
  let outcome;
  try {
    outcome = await work();
  } catch (error) {
    return error;
  }
  throw new Error(`taken, and should be refused: ${JSON.stringify(outcome)}`);
}

function describe(error) {
  const one = (error) => (error instanceof Error ? `${error.name}: ${error.message}` : JSON.stringify(error));
  return [error, error.cause].filter(Boolean).map(one).join(': ');
}
