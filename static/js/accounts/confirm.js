// Asks before a form does what can't be taken back: <form data-confirm="question" data-confirm-text="…" data-confirm-action="…">.

/** Put a question before every such form. The page includes `accounts/parts/confirm.html`; without it nothing is asked. */
export function askBefore(page) {
  const dialog = page.getElementById("confirm");
  if (!dialog) return;
  page.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.confirm || form.dataset.confirmed) return;
    event.preventDefault();
    ask(dialog, form, event.submitter);
  });
}

function ask(dialog, form, submitter) {
  const { confirm, confirmText = "", confirmAction } = form.dataset;
  dialog.querySelector("[data-title]").textContent = confirm;
  dialog.querySelector("[data-text]").textContent = confirmText;
  dialog.querySelector("[data-action]").textContent = confirmAction ?? submitter?.textContent ?? "";
  dialog.returnValue = "";
  dialog.addEventListener(
    "close",
    () => {
      if (dialog.returnValue !== "yes") return;
      form.dataset.confirmed = "yes";
      form.requestSubmit(submitter);
      delete form.dataset.confirmed;
    },
    { once: true },
  );
  dialog.showModal();
}
