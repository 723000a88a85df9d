// A person with a browser that has cookies but no JavaScript, walking the real pages (see ../README.md).

const ATTRIBUTE = /([\w-]+)="([^"]*)"/g;

/** A browser with a person before it who signs in and agrees to everything. */
export class Browser {
  /**
   * @param {string} issuer whose pages these are: what lies elsewhere is the client's
   * @param {{username: string, password: string}} user
   */
  constructor(issuer, user) {
    this.issuer = issuer;
    this.user = user;
    this.cookies = new Map();
  }

  /**
   * Opens an authorization request and does what the pages ask.
   *
   * @param {string} address
   * @returns {Promise<{callback: URL, pages: string[]}>} where the client is called back, and the pages that were shown
   */
  async authorize(address) {
    const { callback, pages, html } = await this.#walk(await this.#send(address));
    if (!callback) {
      throw new Error(`the pages lead nowhere: ${html}`);
    }
    return { callback, pages };
  }

  /**
   * Types the code that a device shows, and allows what it asks.
   *
   * @param {string} address the complete one, which has the code in it
   * @returns {Promise<string>} what the last page says
   */
  async connectDevice(address) {
    const response = await this.#send(address);
    const html = await response.text();
    const { action } = attributes(html, /<form [^>]*>/);
    const { value } = attributes(html, /<input [^>]*name="user_code"[^>]*>/);
    const body = new URLSearchParams({ user_code: value });
    return (await this.#walk(await this.#send(new URL(action, response.url), { method: 'POST', body }))).html;
  }

  /**
   * Opens the address that signs the person out.
   *
   * @param {string} address
   * @returns {Promise<URL>} where it leads at once
   */
  async signOut(address) {
    const response = await this.#send(address);
    return new URL(response.headers.get('location'), response.url);
  }

  /** Does what the pages ask, until the client is called back or a page asks nothing. */
  async #walk(response) {
    const pages = [];
    for (let step = 0; step < 10; step += 1) {
      if (response.status === 303) {
        const location = new URL(response.headers.get('location'), response.url);
        if (location.origin !== new URL(this.issuer).origin) {
          return { callback: location, pages };
        }
        response = await this.#send(location);
        continue;
      }
      const html = await response.text();
      if (html.includes('name="password"')) {
        pages.push('sign-in');
        response = await this.#submit(response.url, html, this.user);
      } else if (html.includes('name="decision"')) {
        pages.push('consent');
        response = await this.#submit(response.url, html, { decision: 'allow' });
      } else {
        return { pages, html };
      }
    }
    throw new Error('the pages lead in circles');
  }

  /** Sends the form of a page: its hidden field, and what the person fills in. */
  #submit(page, html, fields) {
    const form = attributes(html, /<form [^>]*>/);
    const hidden = attributes(html, /<input [^>]*name="request"[^>]*>/);
    const body = new URLSearchParams({ request: hidden.value, ...fields });
    return this.#send(new URL(form.action, page), { method: 'POST', body });
  }

  async #send(address, options = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(address, { ...options, redirect: 'manual', headers: cookie ? { cookie } : {} });
    for (const line of response.headers.getSetCookie()) {
      const [name, ...value] = line.split(';')[0].split('=');
      this.cookies.set(name, value.join('='));
    }
    return response;
  }
}

/** The attributes of the first element that matches, as they were before they were escaped. */
function attributes(html, element) {
  const found = html.match(element);
  if (!found) {
    throw new Error(`no ${element} in ${html}`);
  }
  return Object.fromEntries([...found[0].matchAll(ATTRIBUTE)].map(([, name, value]) => [name, unescape(value)]));
}

function unescape(value) {
  const named = value.replace(/&#x([0-9a-f]+);/gi, (_, code) => String.fromCodePoint(Number.parseInt(code, 16)));
  return named.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
