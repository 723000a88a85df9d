// Lets people use passkeys: a form with data-passkey holds the options of the ceremony, and is shown only where the browser knows them.
// Pressed, it asks the browser, and sends what that answers.
(() => {
  const decode = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
  const encode = (buffer) =>
    btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""))
      .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const named = (list) => (list ?? []).map((credential) => ({ ...credential, id: decode(credential.id) }));

  const create = async (options) => {
    const publicKey = {
      ...options,
      challenge: decode(options.challenge),
      user: { ...options.user, id: decode(options.user.id) },
      excludeCredentials: named(options.excludeCredentials),
    };
    const { id, rawId, type, response } = await navigator.credentials.create({ publicKey });
    return {
      id, rawId: encode(rawId), type, extensions: {},
      response: {
        attestationObject: encode(response.attestationObject),
        clientDataJSON: encode(response.clientDataJSON),
        transports: response.getTransports?.() ?? [],
      },
    };
  };

  const get = async (options) => {
    const publicKey = {
      ...options,
      challenge: decode(options.challenge),
      allowCredentials: named(options.allowCredentials),
    };
    const { id, rawId, type, response } = await navigator.credentials.get({ publicKey });
    return {
      id, rawId: encode(rawId), type, extensions: {},
      response: {
        authenticatorData: encode(response.authenticatorData),
        clientDataJSON: encode(response.clientDataJSON),
        signature: encode(response.signature),
        userHandle: response.userHandle ? encode(response.userHandle) : null,
      },
    };
  };

  if (!window.PublicKeyCredential) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const failure = form.querySelector("[data-passkey-failure]");
      failure.hidden = true;
      try {
        const options = JSON.parse(form.dataset.options);
        const ceremony = form.dataset.passkey === "create" ? create : get;
        form.elements.passkey.value = JSON.stringify(await ceremony(options));
        form.submit();
      } catch {
        failure.hidden = false;
      }
    });
  }
})();
