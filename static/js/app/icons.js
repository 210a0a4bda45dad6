// The icons of the interface: 24 by 24, drawn with the colour of the text. Decorative, so hidden from screen readers.

import { html } from "./html.js";

const PATHS = {
  chats: "M4 5.5A2.5 2.5 0 0 1 6.5 3h11A2.5 2.5 0 0 1 20 5.5v8a2.5 2.5 0 0 1-2.5 2.5H11l-4.2 4.1c-.5.5-1.3.1-1.3-.6V16A2.5 2.5 0 0 1 4 13.5z M8 8h8 M8 11.5h5",
  plus: "M12 5v14 M5 12h14",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z M15.5 15.5 20 20",
  close: "M6 6l12 12 M18 6 6 18",
  back: "M14.5 5 7.5 12l7 7",
  down: "M6 9.5l6 6 6-6",
  send: "M4.5 12h8 M4.2 5.2c-.2-.8.6-1.5 1.3-1.1l14.3 7c.8.4.8 1.4 0 1.8l-14.3 7c-.7.4-1.5-.3-1.3-1.1L5.9 12z",
  smile: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z M8.5 14.2c.8 1.2 2 1.8 3.5 1.8s2.7-.6 3.5-1.8 M9 9.6v.3 M15 9.6v.3",
  group: "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z M2.8 19.5c.4-3.3 2.8-5.2 6.2-5.2s5.8 1.9 6.2 5.2 M15.5 5a3.3 3.3 0 0 1 0 6.2 M17.6 14.8c2 .7 3.3 2.3 3.6 4.7",
  info: "M4 6.5h16 M4 12h16 M4 17.5h10",
  clock: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16z M12 7.5V12l3 2",
  sent: "M5 12.5l4.5 4.5L19 7.5",
  double: "M2.5 12.8l4 4L14.5 8 M10.5 15.8l1 1L21 7.5",
  warning: "M12 3.8 2.9 19.2c-.3.6.1 1.3.8 1.3h16.6c.7 0 1.1-.7.8-1.3z M12 10v4.5 M12 17.3v.2",
  file: "M6 3.5h7.5L18 8v11a1.5 1.5 0 0 1-1.5 1.5h-10A1.5 1.5 0 0 1 5 19V5a1.5 1.5 0 0 1 1-1.5z M13 3.8V8.5h4.8",
  image: "M5.5 4.5h13A1.5 1.5 0 0 1 20 6v12a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 18V6a1.5 1.5 0 0 1 1.5-1.5z M4.5 17l4.8-5 3.7 3.8 2.3-2.3 4.2 4 M15.5 9.2v.2",
  audio: "M12 15a3 3 0 0 0 3-3V6.5a3 3 0 0 0-6 0V12a3 3 0 0 0 3 3z M6 11.5a6 6 0 0 0 12 0 M12 17.5V21",
  video: "M4.5 6h9A1.5 1.5 0 0 1 15 7.5v9a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 3 16.5v-9A1.5 1.5 0 0 1 4.5 6z M15 10.8l6-3.3v9l-6-3.3",
  location: "M12 21s7-6.1 7-11.2A7 7 0 0 0 5 9.8C5 14.9 12 21 12 21z M12 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  custom: "M5 4.5h14v6H5z M5 14h6v5.5H5z M15 14h4v5.5h-4z",
  edit: "M4.5 19.5l.8-3.8L15.8 5.2a1.8 1.8 0 0 1 2.6 0l.4.4a1.8 1.8 0 0 1 0 2.6L8.3 18.7z M14 7l3 3",
  leave: "M13.5 4.5h-7A1.5 1.5 0 0 0 5 6v12a1.5 1.5 0 0 0 1.5 1.5h7 M10.5 12H20 M16.5 8.5 20 12l-3.5 3.5",
  admin: "M12 3.5l7 2.8v5c0 4.3-2.9 7.7-7 9.2-4.1-1.5-7-4.9-7-9.2v-5z M9 12l2.2 2.2L15.2 10",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z M4.5 20c.6-3.6 3.5-5.5 7.5-5.5s6.9 1.9 7.5 5.5",
  check: "M5 12.5l4.5 4.5L19 7.5",
  contacts: "M6.5 3.5h11A1.5 1.5 0 0 1 19 5v14a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 5 19V5a1.5 1.5 0 0 1 1.5-1.5z M12 11.8a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6z M8.4 16.6c.3-1.8 1.7-2.8 3.6-2.8s3.3 1 3.6 2.8 M3.5 8H5 M3.5 12H5 M3.5 16H5",
  organisation: "M5 20.5V5A1.5 1.5 0 0 1 6.5 3.5h7A1.5 1.5 0 0 1 15 5v15.5 M15 9.5h2.5A1.5 1.5 0 0 1 19 11v9.5 M3.5 20.5h17 M8.2 7.5h3.6 M8.2 11.5h3.6 M8.2 15.5h3.6",
  department: "M9.5 3.5h5v4.5h-5z M3.5 16h5v4.5h-5z M15.5 16h5v4.5h-5z M12 8v4 M6 16v-4h12v4",
  forward: "M9.5 5l7 7-7 7",
};

export function Icon({ name, size = 20 }) {
  return html`<svg class="icon" width=${size} height=${size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    ${PATHS[name].split(/ (?=M)/).map((path) => html`<path d=${path} />`)}
  </svg>`;
}

/** A ring that fills as a group reads a message. */
export function ReadRing({ share }) {
  const around = 2 * Math.PI * 6;
  return html`<svg class="icon ring" width="14" height="14" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <circle class="ring-track" cx="8" cy="8" r="6" />
    <circle cx="8" cy="8" r="6" stroke-dasharray=${`${around * share} ${around}`} transform="rotate(-90 8 8)" />
  </svg>`;
}

/** The mark of the product. */
export function Logo({ size = 32 }) {
  return html`<svg class="logo" width=${size} height=${size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <path class="logo-back" d="M16 3.5c7.2 0 13 5 13 11.2 0 6.2-5.8 11.2-13 11.2-1.3 0-2.6-.2-3.8-.5l-5.6 3c-.6.3-1.3-.2-1.1-.9l1.1-4.6C4.3 20.9 3 18 3 14.7 3 8.5 8.8 3.5 16 3.5z" />
    <path class="logo-front" d="M10 12.5h12M10 17h7.5" />
  </svg>`;
}
