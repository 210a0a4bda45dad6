// Chats or contacts: the foot of the list on a phone, where there is no rail.

import { useApp } from "./context.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";

export function ViewSwitch({ view }) {
  const { t, navigate, browse } = useApp();
  const tab = (name, icon, label, open) => html`<button type="button" class="view-tab" aria-current=${view === name ? "page" : undefined} onClick=${open}>
    <${Icon} name=${icon} size=${22} />${label}
  </button>`;
  return html`<nav class="view-switch" aria-label=${t("nav.main")}>
    ${tab("chats", "chats", t("nav.chats"), () => navigate(""))} ${tab("contacts", "contacts", t("nav.contacts"), () => browse(""))}
  </nav>`;
}
