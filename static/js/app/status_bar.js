// Says when the chat is not connected, for how long, and how many messages wait.

import { useEffect, useState } from "preact/hooks";

import { useApp } from "./context.js";
import { html } from "./html.js";

const CALM_MS = 1200;
const SIGNED_OUT = {
  revoked: "status.revoked",
  password_changed: "status.passwordChanged",
  account_suspended: "status.accountSuspended",
  tenant_suspended: "status.tenantSuspended",
  signed_out: "status.signedOut",
  terminal_refused: "error.terminal_refused",
  signed_in_elsewhere: "status.elsewhere",
};

export function StatusBar() {
  const { client, t, signOut } = useApp();
  const { status } = client;
  const revoked = status.state === "stopped" && status.reason in SIGNED_OUT;
  const offline = status.state !== "online";
  const [visible, setVisible] = useState(false);
  const [, tick] = useState(0);
  useEffect(() => {
    if (!offline) {
      setVisible(false);
      return undefined;
    }
    // A short interruption is nobody's business: wait a moment before saying so.
    const calm = setTimeout(() => setVisible(true), CALM_MS);
    const second = setInterval(() => tick((count) => count + 1), 1000);
    return () => {
      clearTimeout(calm);
      clearInterval(second);
    };
  }, [offline]);
  if (!offline || !visible) return null;
  return html`<div class=${`status-bar status-${status.state}`} role="status" data-state=${status.state}>
    <span class="status-dot" aria-hidden="true"></span>
    <span>${statusText(t, status)}</span>
    ${client.outbox.queued > 0 && html`<span class="status-queued">${t("status.queued", { count: client.outbox.queued })}</span>`}
    ${status.state === "waiting" && html`<button type="button" class="link-button" onClick=${() => client.poke()}>${t("status.retryNow")}</button>`}
    ${revoked && html`<button type="button" class="link-button" onClick=${signOut}>${t("status.signInAgain")}</button>`}
    ${status.state === "stopped" && !revoked && html`<button type="button" class="link-button" onClick=${() => location.reload()}>${t("status.reload")}</button>`}
  </div>`;
}

function statusText(t, status) {
  if (status.state === "stopped") return t(SIGNED_OUT[status.reason] ?? "status.stopped", elsewhere(t, status.details));
  if (!navigator.onLine) return t("status.offline");
  if (status.state === "waiting") return t("status.waiting", { seconds: Math.max(1, Math.ceil((status.until - Date.now()) / 1000)) });
  return t("status.connecting");
}

// Which terminal took the place of this one, and when.
function elsewhere(t, { name = "", platform = "", at = Date.now() } = {}) {
  return { name: name || platform, platform: t(`platform.${platform || "web"}`), time: new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) };
}
