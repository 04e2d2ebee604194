/** A shorter key occurs in ordinary words: "e" would make `f[restKey]tch` of `fetch`. Those of the dashboard are longer. */
const MIN_LENGTH = 8;

/** Removes the REST key from a text that a server or a `fetch` may have put it into: a short key where it stands alone. */
export function redact(text: string, restKey: string): string {
  if (restKey.length >= MIN_LENGTH) return text.replaceAll(restKey, "[restKey]");
  const literal = restKey.replace(/[^\w\s]/g, "\\$&");
  return text.replace(new RegExp(`(?<!\\w)${literal}(?!\\w)`, "g"), "[restKey]");
}
