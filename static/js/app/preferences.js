// Choices that belong to this browser: appearance (applied by `theme.js` before the first paint) and language.

const THEME = "im.theme";
const LANGUAGE_COOKIE = "django_language";
const YEAR_S = 365 * 24 * 3600;

export function loadTheme() {
  return document.documentElement.dataset.theme ?? "auto";
}

export function saveTheme(theme) {
  localStorage.setItem(THEME, theme);
  document.documentElement.dataset.theme = theme;
}

/** The server reads this cookie, for the sign-in page and for error texts. */
export function saveLanguage(tag) {
  document.cookie = `${LANGUAGE_COOKIE}=${tag.toLowerCase()}; path=/; max-age=${YEAR_S}; samesite=lax`;
}
