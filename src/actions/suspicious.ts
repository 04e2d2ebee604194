const MISSING = /^(?:undefined|null|nil|\(null\)|\[object object\]|true|false|nan|-?infinity)$/i;
/** What spreadsheets make of an id when they save a table. */
const SCIENTIFIC = /^\d+(?:[.,]\d+)?e\+\d+$/i;
const DECIMAL = /^\d+\.0+$/;
const SHEET_ERROR = /^#(?:n\/a|ref!|value!|name\?|div\/0!|num!|null!)$/i;

/**
 * Ids and values that are legal and sent, but look like a mistake in the caller's data. The first two are from the
 * vendor's page on audiences that match nobody. The vendor's SDKs refuse the others.
 */
const SUSPICIONS_OF_IDS: readonly (readonly [reason: string, looks: RegExp])[] = [
  ["an id with surrounding spaces", /^\s|\s$/],
  ["an id with a semicolon", /;/],
  ["an id with a control character", /[\u0000-\u001f\u007f]/],
  // JSON can write it, UTF-8 cannot: a server may take two such ids for one.
  ["an id with half of a surrogate pair", /\p{Surrogate}/u],
  ["an id of over 511 characters", /^.{512}/s],
  ["an id that looks like a missing value", MISSING],
  ["an id in scientific notation, as spreadsheets shorten long numbers", SCIENTIFIC],
  ["an id that ends with .0, as a number read as a decimal", DECIMAL],
  ["an id that is an error of a spreadsheet", SHEET_ERROR],
];

/** Matches nearly every id: not suspicious, and no character needs an escape in JSON. */
export const ORDINARY_ID = new RegExp(`^(?!${suspiciousWords()})[!#-:<-[\\]-~]{1,511}$`, "i");

/** The vendor says 64 in one place and 300 in another. Which one holds for audiences is not known. */
const MAX_TEXT_LENGTH = 64;

function suspiciousWords(): string {
  return [MISSING, SCIENTIFIC, DECIMAL, SHEET_ERROR].map(({ source }) => source).join("|");
}

export function suspicionsOfId(id: string): readonly string[] {
  return SUSPICIONS_OF_IDS.filter(([, looks]) => looks.test(id)).map(([reason]) => reason);
}

export function suspicionOfText(value: string): string | undefined {
  return value.length > MAX_TEXT_LENGTH ? `a string of over ${MAX_TEXT_LENGTH} characters` : undefined;
}
