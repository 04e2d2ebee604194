/**
 * Characters that a terminal or a log obeys instead of showing them: controls (escape sequences and line ends begin with
 * one), formats (some turn the direction of the text), line separators, and halves of a pair.
 */
const OBEYED = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** Those of them that JSON does not escape by itself. Its own line ends stay. */
const OBEYED_IN_JSON = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Every text from a record, a file name, an argument or the API goes through here before it is printed. */
export function visible(text: string): string {
  return text.replace(OBEYED, (character) => SHORT[character] ?? escaped(character));
}

/** The same for JSON, which keeps its value. */
export function visibleJson(json: string): string {
  return json.replace(OBEYED_IN_JSON, escaped);
}

function escaped(character: string): string {
  return character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}
