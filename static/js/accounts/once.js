// Lets a form be sent once at a time: a second press while the first is under way does nothing.

const HELD_MS = 10_000; // Then it may be sent anew: whoever stopped the loading of a slow answer is not shut out.

/** Hold every form of the page to it. A page that comes back from the browser's memory may send again at once. */
export function sendOnce(page, clock = Date.now) {
  const sentAt = new Map();
  page.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method === "dialog") return;
    const at = clock();
    if (at - (sentAt.get(event.target) ?? -Infinity) < HELD_MS) event.preventDefault();
    else sentAt.set(event.target, at);
  });
  page.defaultView.addEventListener("pageshow", () => sentAt.clear());
}
