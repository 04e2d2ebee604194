interface ForeignFormat {
  extensions: readonly string[];
  /** The first bytes, in hexadecimal; missing where others have the same. */
  magic?: RegExp;
  /** What it is, and what to do. */
  advice: string;
}

const SPREADSHEET =
  "is a spreadsheet: save it as CSV (UTF-8), in Excel by File > Save As, in LibreOffice by soffice --convert-to csv";

function packed(how: string, command: string): string {
  return `is ${how}: ${command} unpacks it, pipe that in with --format`;
}

/** Files that people may name, and that no format of this program is. */
const FOREIGN: readonly ForeignFormat[] = [
  { extensions: ["xls"], magic: /^d0cf11e0/, advice: SPREADSHEET },
  // Zip archives, by their first bytes.
  { extensions: ["xlsx", "xlsm", "ods", "numbers"], advice: SPREADSHEET },
  {
    extensions: ["zip"],
    magic: /^504b0304/,
    advice: `${packed("a zip archive", "unzip -p")}; a workbook of Excel has to be saved as CSV (UTF-8)`,
  },
  {
    extensions: ["bz2"],
    magic: /^425a68..314159265359/,
    advice: packed("packed with bzip2", "bzip2 -dc"),
  },
  { extensions: ["xz"], magic: /^fd377a585a00/, advice: packed("packed with xz", "xz -dc") },
  { extensions: ["zst", "zstd"], magic: /^28b52ffd/, advice: packed("packed with zstd", "zstd -dc") },
  { extensions: [], magic: /^50415231/, advice: "is a Parquet file: add --format parquet" },
  {
    extensions: ["orc", "avro"],
    advice: "is no format of this program: DuckDB or Spark writes it as Parquet",
  },
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
