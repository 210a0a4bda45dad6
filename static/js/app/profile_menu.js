// The person herself: language, appearance, administration, sign-out.

import { useState } from "preact/hooks";

import { Avatar } from "./avatar.js";
import { useApp } from "./context.js";
import { ConfirmDialog } from "./dialog.js";
import { useDismiss } from "./dismiss.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { LANGUAGES } from "../i18n/index.js";

const THEMES = ["auto", "light", "dark"];

export function ProfileButton() {
  const { client, t } = useApp();
  const [open, setOpen] = useState(false);
  const box = useDismiss(open, () => setOpen(false));
  return html`<div class="profile" ref=${box}>
    <button type="button" class="avatar-button" aria-label=${t("nav.profile")} title=${client.me.display_name} aria-haspopup="dialog" aria-expanded=${open} onClick=${() => setOpen(!open)}>
      <${Avatar} id=${client.me.id} name=${client.me.display_name} />
      <span class=${`presence presence-${client.status.state === "online" ? "on" : "off"}`} aria-hidden="true"></span>
    </button>
    ${open && html`<${ProfileMenu} />`}
  </div>`;
}

function ProfileMenu() {
  const { client, t, language, theme, setLanguage, setTheme, signOut } = useApp();
  const [asking, setAsking] = useState(false);
  const { me, outbox } = client;
  const leave = () => (outbox.queued > 0 ? setAsking(true) : signOut());
  return html`<div class="popover profile-menu" role="dialog" aria-label=${t("nav.profile")}>
    <div class="profile-head">
      <${Avatar} id=${me.id} name=${me.display_name} size="l" />
      <div><strong dir="auto">${me.display_name}</strong><span>${me.login}</span><span dir="auto">${me.tenant.name}</span></div>
    </div>
    <${Choice} label=${t("profile.language")} value=${language} options=${Object.entries(LANGUAGES).map(([value, { name }]) => [value, name])} onChoose=${setLanguage} />
    <${Choice} label=${t("profile.theme")} value=${theme} options=${THEMES.map((value) => [value, t(`profile.theme.${value}`)])} onChoose=${setTheme} />
    <div class="menu-items">
      <a class="menu-item" href="/accounts/"><${Icon} name="person" />${t("profile.account")}</a>
      ${me.is_staff && html`<a class="menu-item" href="/admin/"><${Icon} name="admin" />${t("profile.admin")}</a>`}
      <button type="button" class="menu-item" onClick=${leave}><${Icon} name="leave" />${t("profile.signOut")}</button>
    </div>
    ${asking && html`<${ConfirmDialog} title=${t("profile.signOut")} text=${t("profile.confirmSignOut", { count: outbox.queued })} action=${t("profile.signOut")} onClose=${() => setAsking(false)} onConfirm=${signOut} />`}
  </div>`;
}

function Choice({ label, value, options, onChoose }) {
  return html`<div class="choice" role="radiogroup" aria-label=${label}>
    <span class="choice-label">${label}</span>
    <div class="choice-options">
      ${options.map(([option, name]) => html`<button type="button" role="radio" aria-checked=${option === value} onClick=${() => onChoose(option)}>${name}</button>`)}
    </div>
  </div>`;
}
