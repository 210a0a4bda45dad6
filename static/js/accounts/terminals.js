// Marks the terminal of this browser, which the chat keeps beside it, and keeps it when all others are signed out.

const KEY = "im.terminal.";

const list = document.querySelector("[data-person]");
const own = localStorage.getItem(KEY + list.dataset.person);
const row = own && list.querySelector(`[data-terminal="${CSS.escape(own)}"]`);
if (row) {
  row.querySelector("[data-here]").hidden = false;
  document.querySelector("[data-keep]").value = own;
}
