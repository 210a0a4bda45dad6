// Texts of the interface by key and language. Missing keys show as themselves, which a test rules out.

import en from "./en.js";
import zh from "./zh.js";

export const LANGUAGES = Object.freeze({ zh: { name: "中文", tag: "zh-Hans", catalogue: zh }, en: { name: "English", tag: "en", catalogue: en } });

/** The language of ours that fits a tag such as `zh-hans` or `en-GB`. */
export function languageFor(tag) {
  return /^zh\b/i.test(tag ?? "") ? "zh" : "en";
}

/** `t(key, values)`: the text with `{name}` replaced. With a `count`, `key_one` or `key_other` is meant. */
export function translator(language) {
  const { tag, catalogue } = LANGUAGES[language];
  const plural = new Intl.PluralRules(tag);
  return (key, values = {}) => {
    const form = "count" in values ? `${key}_${plural.select(values.count)}` : key;
    const text = catalogue[form] ?? catalogue[key] ?? (catalogue[`${key}_other`] || key);
    return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  };
}

/** What an error means to a person. */
export function errorText(t, error) {
  const code = error?.code ?? "unknown";
  const text = t(`error.${code}`);
  return text === `error.${code}` ? t("error.unknown", { code }) : text;
}
