// Starts the page: sign in, find out who that is, put the client together, draw.

import { render } from "preact";

import { App } from "./app.js";
import { html } from "./html.js";
import { StartScreen } from "./start_screen.js";
import { errorText, languageFor, translator } from "../i18n/index.js";
import { Auth, ImClient, ImError, Rest, SignedOut, browserLocks, makeUuid, openOutboxStorage } from "../sdk/index.js";

const RETURN = "im.return";
const bootstrap = JSON.parse(document.getElementById("bootstrap").textContent);
const root = document.getElementById("root");
const clock = { now: () => Date.now(), setTimeout: (act, ms) => setTimeout(act, ms), clearTimeout: (timer) => clearTimeout(timer) };
const locks = browserLocks(navigator);
const request = (url, options) => fetch(url, options);

const auth = new Auth({
  endpoints: {
    clientId: bootstrap.client_id,
    redirectUri: `${location.origin}/chat/callback`,
    authorizeUrl: bootstrap.authorize_url,
    tokenUrl: bootstrap.token_url,
    revokeUrl: bootstrap.revoke_url,
  },
  storage: localStorage,
  session: sessionStorage,
  locks,
  fetch: request,
  clock,
  crypto,
});

async function start() {
  const t = translator(languageFor(bootstrap.language));
  const show = (error) => render(html`<${StartScreen} t=${t} error=${error && errorText(t, error)} onRetry=${signIn} />`, root);
  try {
    show(null);
    if (location.pathname.endsWith("/callback")) await finishSignIn();
    if (!auth.signedIn) return await signIn();
    const rest = new Rest({ apiUrl: bootstrap.api_url, fetch: request, getToken: (options) => auth.getToken(options) });
    await run(rest, await whoAmI(rest));
  } catch (error) {
    if (error instanceof SignedOut) return signIn();
    if (!(error instanceof ImError)) console.error(error);
    show(error);
  }
}

async function signIn() {
  sessionStorage.setItem(RETURN, location.hash);
  location.assign(await auth.beginSignIn());
}

async function finishSignIn() {
  const { search } = location;
  history.replaceState(null, "", `/chat/${sessionStorage.getItem(RETURN) ?? ""}`);
  await auth.finishSignIn(search);
}

// The answer is kept, so that the chat starts (and takes messages into its queue) while the server cannot be reached.
async function whoAmI(rest) {
  try {
    const me = await rest.me();
    localStorage.setItem("im.me", JSON.stringify(me));
    return me;
  } catch (error) {
    const kept = localStorage.getItem("im.me");
    if (!error.retry || !kept) throw error;
    return JSON.parse(kept);
  }
}

async function run(rest, me) {
  const client = new ImClient({
    me,
    rest,
    connection: {
      urls: bootstrap.ws_urls,
      WebSocket,
      getToken: (options) => auth.getToken(options),
      hello: { terminal: await terminalOf(me.id), platform: "web", name: browserName() },
    },
    outbox: { storage: await openOutboxStorage(globalThis.indexedDB), locks, channel: new BroadcastChannel("im-outbox") },
    clock,
    random: Math.random,
    crypto,
  });
  watchPage(client);
  const language = languageFor(me.locale || bootstrap.language);
  render(html`<${App} client=${client} initialLanguage=${language} signOut=${() => signOut(client)} />`, root);
  await client.start();
}

// One terminal per user and browser, whatever the number of tabs.
function terminalOf(user) {
  const key = terminalKey(user);
  return locks.request(key, async () => {
    const known = localStorage.getItem(key) ?? makeUuid(crypto.getRandomValues(new Uint8Array(16)));
    localStorage.setItem(key, known);
    return known;
  });
}

function terminalKey(user) {
  return `im.terminal.${user}`;
}

function watchPage(client) {
  window.addEventListener("online", () => client.poke());
  window.addEventListener("offline", () => client.poke());
  window.addEventListener("pagehide", () => client.flush());
  document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? client.poke() : client.flush()));
  client.on("status", (status) => status.state === "signed_out" && location.reload());
  window.addEventListener("storage", (event) => {
    if (event.key === "im.tokens" && event.newValue === null) location.assign("/chat/");
  });
}

// The session of the sign-in page ends first: while it lasts, any tab without tokens would sign in again by itself.
async function signOut(client) {
  const token = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
  const ended = await fetch(bootstrap.logout_url, { method: "POST", headers: { "X-CSRFToken": token } }).catch(() => null);
  if (!ended?.ok) throw new ImError("offline", "the session could not be ended");
  const refused = client.status.state === "stopped";
  await client.outbox.clear();
  client.stop();
  // A terminal that was revoked stays so: whoever signs in anew does it from a new one.
  if (refused) localStorage.removeItem(terminalKey(client.me.id));
  await auth.signOut();
  localStorage.removeItem("im.me");
  location.assign("/chat/");
}

function browserName() {
  const agent = navigator.userAgent;
  return ["Edg", "Firefox", "Chrome", "Safari"].find((name) => agent.includes(name))?.replace("Edg", "Edge") ?? "Web";
}

start();
