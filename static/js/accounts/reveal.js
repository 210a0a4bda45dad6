// Lets a person look at the password that she types: <input type="password" data-revealable data-reveal="…" data-conceal="…">.

const SVG = "http://www.w3.org/2000/svg";
const EYE = "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z";
const STROKE = "M4 4l16 16";

/** Put a button into every such field. */
export function offerReveal(page) {
  for (const input of page.querySelectorAll("input[data-revealable]")) {
    const box = page.createElement("span");
    const button = page.createElement("button");
    box.className = "revealable";
    button.type = "button";
    button.className = "reveal";
    button.append(eye(page));
    button.addEventListener("click", () => show(input, button, input.type === "password"));
    input.form?.addEventListener("submit", () => show(input, button, false));
    const hadFocus = page.activeElement === input;
    input.replaceWith(box);
    box.append(input, button);
    if (hadFocus) input.focus();
    show(input, button, false);
  }
}

function show(input, button, visible) {
  input.type = visible ? "text" : "password";
  button.setAttribute("aria-label", visible ? input.dataset.conceal : input.dataset.reveal);
  button.title = button.getAttribute("aria-label");
  button.querySelector("path").setAttribute("d", visible ? `${EYE} ${STROKE}` : EYE);
}

function eye(page) {
  const icon = page.createElementNS(SVG, "svg");
  const attributes = { class: "icon", width: 18, height: 18, viewBox: "0 0 24 24", "aria-hidden": "true" };
  for (const [name, value] of Object.entries(attributes)) icon.setAttribute(name, value);
  icon.append(page.createElementNS(SVG, "path"));
  return icon;
}
