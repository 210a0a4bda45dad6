// A round mark for a person or a group: initials on a colour of its own.

import { hue, initials } from "./format.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";

export function Avatar({ id, name, group = false, size = "m" }) {
  return html`<span class=${`avatar avatar-${size} hue-${hue(id)} ${group ? "avatar-group" : ""}`} aria-hidden="true">
    ${group ? html`<${Icon} name="group" size=${size === "s" ? 16 : 22} />` : initials(name)}
  </span>`;
}
