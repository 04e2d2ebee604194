import { type CsvError, type Parser, parse } from "csv-parse";
import { LONGEST_RECORD } from "./lines.ts";

/** Records whose text is complete, up to the first that is not valid CSV. */
export interface Parsed {
  records: string[][];
  error: CsvError | undefined;
}

/** csv-parse, given one piece of a table after the other. */
export class CsvParser {
  readonly #parser: Parser;

  constructor(delimiter: "," | "\t") {
    this.#parser = parse({
      delimiter,
      // Detected from the first line, the other one would become a part of values.
      record_delimiter: ["\r\n", "\n"],
      max_record_size: LONGEST_RECORD,
      relax_column_count: true,
    });
    // The callbacks are given it too, in time for the records before it.
    this.#parser.on("error", () => {});
  }

  /** The last record may come with the next piece: the parser looks a few bytes ahead. */
  async write(bytes: Buffer): Promise<Parsed> {
    const written = new Promise<CsvError | undefined>((resolve) => {
      this.#parser.write(bytes, (error) => resolve((error as CsvError | null) ?? undefined));
    });
    // The callback comes once these are read.
    const records = this.#read();
    return { records, error: await written };
  }

  async end(): Promise<Parsed> {
    const error = await new Promise<CsvError | undefined>((resolve) => {
      // It is given the error, though its type does not say so.
      const onEnd = (error?: CsvError | null): void => resolve(error ?? undefined);
      this.#parser.end(onEnd);
    });
    return { records: this.#read(), error };
  }

  #read(): string[][] {
    const records: string[][] = [];
    for (;;) {
      const cells = this.#parser.read() as string[] | null;
      if (cells === null) return records;
      records.push(cells);
    }
  }
}
