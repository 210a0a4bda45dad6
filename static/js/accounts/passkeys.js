// Buttons that talk to the browser's authenticator: sign in with a passkey, use one as a proof, have one made.

const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const decode = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));

const post = async (url, body) => {
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  const answer = await fetch(url, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify(body),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.detail);
  return said;
};

const keysOf = (list) => (list ?? []).map((each) => ({ ...each, id: decode(each.id) }));

const make = async (options) => {
  const publicKey = {
    ...options,
    challenge: decode(options.challenge),
    user: { ...options.user, id: decode(options.user.id) },
    excludeCredentials: keysOf(options.excludeCredentials),
  };
  const made = await navigator.credentials.create({ publicKey });
  const { clientDataJSON, attestationObject } = made.response;
  return written(made, { clientDataJSON: encode(clientDataJSON), attestationObject: encode(attestationObject) });
};

const use = async (options) => {
  const publicKey = { ...options, challenge: decode(options.challenge), allowCredentials: keysOf(options.allowCredentials) };
  const used = await navigator.credentials.get({ publicKey });
  const { clientDataJSON, authenticatorData, signature, userHandle } = used.response;
  return written(used, {
    clientDataJSON: encode(clientDataJSON),
    authenticatorData: encode(authenticatorData),
    signature: encode(signature),
    userHandle: userHandle ? encode(userHandle) : null,
  });
};

const written = (credential, response) => ({
  id: credential.id,
  rawId: encode(credential.rawId),
  type: credential.type,
  authenticatorAttachment: credential.authenticatorAttachment,
  clientExtensionResults: {},
  response,
});

const wire = (button) => {
  const { passkey: purpose, challenge, answer, next, failed } = button.dataset;
  const problem = document.querySelector("[data-passkey-problem]");
  const prove = purpose === "register" || purpose === "enrol" ? make : use;
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    if (problem) problem.hidden = true;
    try {
      const credential = await prove(await post(challenge, { purpose }));
      const name = document.querySelector("[data-passkey-name]")?.value ?? "";
      const said = await post(answer, { purpose, credential, next: next ?? "", name });
      location.assign(said.next);
    } catch (error) {
      // The browser's own words (somebody changed her mind, no such key) are meant for programmers.
      if (problem) {
        problem.textContent = error instanceof DOMException || !error.message ? failed : error.message;
        problem.hidden = false;
      }
      button.disabled = false;
    }
  });
};

if (window.PublicKeyCredential) document.querySelectorAll("[data-passkey]").forEach(wire);
document.querySelector("[data-passkey-form]")?.addEventListener("submit", (event) => event.preventDefault());
