interface ForeignFormat {
  extensions: readonly string[];
  /** The first bytes, in hexadecimal; missing where others have the same. */
  magic?: RegExp;
  /** What it is, and what to do. */
  advice: string;
}

const SPREADSHEET = "is a spreadsheet: save it as CSV (UTF-8)";

function packedWith(program: string): string {
  return `is packed with ${program}: ${program} -dc unpacks it, pipe that in with --format`;
}

/** Files that people may name, and that no format of this program is. */
const FOREIGN: readonly ForeignFormat[] = [
  { extensions: ["xls"], magic: /^d0cf11e0/, advice: SPREADSHEET },
  // Zip archives, by their first bytes.
  { extensions: ["xlsx", "xlsm", "ods", "numbers"], advice: SPREADSHEET },
  { extensions: ["zip"], magic: /^504b0304/, advice: "is a zip archive: unpack it" },
  { extensions: ["bz2"], magic: /^425a68..314159265359/, advice: packedWith("bzip2") },
  { extensions: ["xz"], magic: /^fd377a585a00/, advice: packedWith("xz") },
  { extensions: ["zst"], magic: /^28b52ffd/, advice: packedWith("zstd") },
];

/** Enough of a file to recognise any of them. */
export const HEAD_BYTES = 10;

export function adviceForExtension(extension: string): string | undefined {
  return FOREIGN.find(({ extensions }) => extensions.includes(extension))?.advice;
}

export function adviceForHead(head: Buffer): string | undefined {
  const text = head.toString("hex", 0, HEAD_BYTES);
  return FOREIGN.find(({ magic }) => magic?.test(text))?.advice;
}
