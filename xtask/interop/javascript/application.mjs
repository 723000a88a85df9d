// An application that people sign in to, and a person's browser at it.

import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * Listens on loopback, on a free port unless one is given, for as long as the program has something else to do. What is
 * served there comes later, as `request` of the server: it has to know its own address.
 */
export async function listen(port = 0) {
  const server = createServer().on('connection', (connection) => connection.unref());
  server.listen(port, '127.0.0.1').unref();
  await once(server, 'listening');
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}

/** Where an application sends people to sign out, if its library makes no such address (RP-Initiated Logout 1.0). */
export function signOutAddress(endSessionEndpoint, parameters) {
  const address = new URL(endSessionEndpoint);
  address.search = new URLSearchParams(parameters);
  return address;
}

/** A browser at an application: it keeps cookies, and says where it is led instead of going there. */
export class Visitor {
  /** @param {(request: Request) => Promise<Response>} send what answers: the network, or an application in process */
  constructor(send = fetch) {
    this.send = send;
    this.cookies = new Map();
  }

  /** Another browser with the same cookies. */
  copy() {
    const copy = new Visitor(this.send);
    copy.cookies = new Map(this.cookies);
    return copy;
  }

  /** Opens an address of the application. */
  async open(address, options = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { accept: 'text/html', ...(cookie && { cookie }) };
    const response = await this.send(new Request(address, { ...options, redirect: 'manual', headers }));
    for (const line of response.headers.getSetCookie()) {
      const [name, ...value] = line.split(';')[0].split('=');
      this.cookies.set(name, value.join('='));
      // This is how a cookie is taken back.
      if (/;\s*(max-age=0|expires=thu, 01 jan 1970)/i.test(line)) {
        this.cookies.delete(name);
      }
    }
    return response;
  }
}
