// Shows moments in the person's own time zone: <time datetime="…" data-local-time>what the server knows, in UTC</time>.

/** Write every such moment as people write it in the language of the page. */
export function showLocalTimes(page) {
  const format = new Intl.DateTimeFormat(page.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  for (const time of page.querySelectorAll("time[data-local-time]")) {
    time.textContent = format.format(new Date(time.dateTime));
  }
}
