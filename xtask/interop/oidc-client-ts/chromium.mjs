// A real Chromium without a window, led by ChromeDriver over the WebDriver protocol. The environment variables
// GRANTOR_TEST_CHROMIUM and GRANTOR_TEST_CHROMEDRIVER name both programs, if those in PATH are not meant.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

/** How WebDriver calls a reference to an element. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

/** How long a page may take. */
const PATIENCE = 10_000;

export class Chromium {
  #driver;
  #data;
  #session;

  /** A browser with an empty profile. */
  static async start() {
    const chromium = new Chromium();
    try {
      await chromium.#open();
    } catch (error) {
      await chromium.close();
      throw error;
    }
    return chromium;
  }

  async #open() {
    this.#data = await mkdtemp(join(tmpdir(), 'grantor-interop-'));
    const program = process.env.GRANTOR_TEST_CHROMEDRIVER || 'chromedriver';
    this.#driver = spawn(program, ['--port=0'], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(this.#driver, 'spawn');
    const driver = `http://127.0.0.1:${await portOf(this.#driver.stdout)}`;
    // What it says later is thrown away, so that it never waits for a reader.
    this.#driver.stdout.resume();
    const switches = [
      'headless',
      'no-sandbox',
      'disable-gpu',
      'disable-quic',
      'no-first-run',
      'disable-background-networking',
      'disable-component-update',
      'disable-sync',
      `user-data-dir=${this.#data}`,
    ];
    const binary = process.env.GRANTOR_TEST_CHROMIUM || inPath('chromium');
    const options = { binary, args: switches.map((name) => `--${name}`) };
    const capabilities = { alwaysMatch: { 'goog:chromeOptions': options } };
    const { sessionId } = await command('POST', `${driver}/session`, { capabilities });
    this.#session = `${driver}/session/${sessionId}`;
  }

  /** Ends the browser, and leaves nothing of it. */
  async close() {
    if (this.#session) {
      await command('DELETE', this.#session);
    }
    if (this.#driver?.pid && this.#driver.exitCode === null) {
      this.#driver.kill();
      await once(this.#driver, 'exit');
    }
    await rm(this.#data, { recursive: true, force: true, maxRetries: 5 });
  }

  async open(address) {
    await command('POST', `${this.#session}/url`, { url: `${address}` });
  }

  /** What the address bar says. */
  async address() {
    return new URL(await command('GET', `${this.#session}/url`));
  }

  /** The first element that the selector names, if any. */
  async find(selector) {
    const found = await command('POST', `${this.#session}/elements`, { using: 'css selector', value: selector });
    return found[0]?.[ELEMENT];
  }

  async type(element, text) {
    await command('POST', `${this.#session}/element/${element}/value`, { text });
  }

  /** Clicks on what leads to another page, and waits until this one is gone. */
  async follow(element) {
    const page = await this.find('html');
    await command('POST', `${this.#session}/element/${element}/click`, {});
    await this.until(async () => (await this.find('html')) !== page);
  }

  /** Waits until the condition holds. */
  async until(condition) {
    const deadline = Date.now() + PATIENCE;
    while (!(await condition())) {
      if (Date.now() > deadline) {
        throw new Error(`waited in vain at ${await this.address()}`);
      }
      await pause(20);
    }
  }

  /**
   * Runs a function in the page, which must not need anything of its surroundings here.
   *
   * @returns {Promise<unknown>} what it gives; what it throws comes as an error of the same name, message and `error`
   */
  async run(work, ...args) {
    const script = `return (${work})(...arguments).then(
      (value) => ({ value }),
      ({ name, message, error }) => ({ thrown: { name, message, error } }),
    );`;
    const { value, thrown } = await command('POST', `${this.#session}/execute/sync`, { script, args });
    if (thrown) {
      throw Object.assign(new Error(thrown.message), thrown);
    }
    return value;
  }
}

/** Where a program is. ChromeDriver would look for other browsers first. */
function inPath(program) {
  const places = process.env.PATH.split(delimiter).map((folder) => join(folder, program));
  return places.find((place) => existsSync(place));
}

/** The port that ChromeDriver says it listens on. */
async function portOf(stdout) {
  for await (const line of createInterface({ input: stdout })) {
    const port = line.match(/started successfully on port (\d+)/)?.[1];
    if (port) {
      return port;
    }
  }
  throw new Error('ChromeDriver did not start');
}

/** One command of the protocol. */
async function command(method, address, body) {
  const response = await fetch(address, { method, body: body && JSON.stringify(body) });
  const { value } = await response.json();
  if (!response.ok) {
    throw new Error(`${value.error}: ${value.message}`);
  }
  return value;
}
