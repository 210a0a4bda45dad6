// The live page of the admin: asks its node for news while it is seen, and shows them on its cards.

import { Points, SPAN_MS, WIDTH, draw } from "./chart.js";

const page = document.getElementById("monitor");
const problem = document.getElementById("monitor-problem");
const clock = document.getElementById("monitor-time");
const language = document.documentElement.lang || undefined;
const refreshMs = Number(page.dataset.refreshMs);
const timeoutMs = 5 * refreshMs;
const points = new Points();
let pointed = -1;

const cards = [...page.querySelectorAll("[data-card]")].map((card) => ({
  svg: card.querySelector("svg"),
  top: card.querySelector("[data-top]"),
  cursor: card.querySelector("[data-cursor]"),
  number: new Intl.NumberFormat(language, { maximumFractionDigits: Number(card.dataset.digits) }),
  lines: [...card.querySelectorAll("[data-key]")].map((line) => ({ key: line.dataset.key, values: line })),
}));

function show() {
  const row = pointed < 0 ? points.last : points.rows[pointed];
  for (const card of cards) {
    const top = draw(card.svg, card.lines.map(({ key }) => points.series(key)), points.lastMs);
    card.top.textContent = card.number.format(top);
    for (const { key, values } of card.lines) {
      const value = row?.[points.keys.indexOf(key) + 1];
      for (const place of values.querySelectorAll("[data-value]")) {
        place.textContent = value === null || value === undefined ? "–" : card.number.format(value);
      }
    }
    card.cursor.style.display = pointed < 0 ? "none" : "";
    if (row && pointed >= 0) {
      const x = String(WIDTH * (1 - (points.lastMs - row[0]) / SPAN_MS));
      card.cursor.setAttribute("x1", x);
      card.cursor.setAttribute("x2", x);
    }
  }
  clock.textContent = row ? new Date(row[0]).toLocaleTimeString(language) : "";
}

function tell(text) {
  problem.textContent = text;
  problem.hidden = text === "";
  page.classList.toggle("monitor-stale", text !== "");
}

async function ask() {
  const url = new URL(page.dataset.url, location.href);
  url.searchParams.set("node", page.dataset.node);
  url.searchParams.set("since", String(points.lastMs));
  const answer = await fetch(url, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(timeoutMs) });
  if (answer.redirected || answer.status === 403) {
    location.reload(); // signed out: the page itself leads to the sign-in
    return;
  }
  const said = await answer.json();
  if (said.points && said.keys.length > 0) points.add(said);
  if (pointed >= points.rows.length) pointed = -1;
  tell(said.problem);
}

async function refresh() {
  if (document.visibilityState === "visible") {
    try {
      await ask();
    } catch {
      tell(page.dataset.lost);
    }
    show();
  }
  setTimeout(refresh, refreshMs);
}

for (const card of cards) {
  card.svg.addEventListener("pointermove", (event) => {
    const box = card.svg.getBoundingClientRect();
    pointed = points.nearest((event.clientX - box.left) / box.width);
    show();
  });
  card.svg.addEventListener("pointerleave", () => {
    pointed = -1;
    show();
  });
}

refresh();
