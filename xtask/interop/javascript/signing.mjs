// A client that signs its authorization requests.

/**
 * A key, and what a client registers that has no secret, but signs with that key what it asks and who it is.
 *
 * @param {{redirect_uri: string, scope: string}} client where people are led, and what is asked of them
 * @returns {Promise<{key: {key: CryptoKey, kid: string}, metadata: object}>} the private key, and the metadata
 */
export async function signingClient({ redirect_uri, scope }) {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const { publicKey, privateKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  const kid = crypto.randomUUID();
  const metadata = {
    redirect_uris: [redirect_uri],
    scope,
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'private_key_jwt',
    request_object_signing_alg: 'ES256',
    // So that the server answers nothing that it reads outside of the object.
    require_signed_request_object: true,
    jwks: { keys: [{ kty, crv, x, y, kid, alg: 'ES256', use: 'sig' }] },
  };
  return { key: { key: privateKey, kid }, metadata };
}
