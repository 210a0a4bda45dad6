// Copies a text to the clipboard: <button data-copy="id of an element" data-copied="words" hidden>words</button>.

const THANKS_MS = 2000;

/** Show those buttons where the browser has a clipboard for the page (https and localhost only), and let them copy. */
export function offerCopy(page) {
  if (!navigator.clipboard) return;
  for (const button of page.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(page, button));
  }
}

async function copy(page, button) {
  const words = button.textContent;
  await navigator.clipboard.writeText(page.getElementById(button.dataset.copy).innerText.trim());
  button.textContent = button.dataset.copied;
  button.disabled = true;
  setTimeout(() => {
    button.textContent = words;
    button.disabled = false;
  }, THANKS_MS);
}
