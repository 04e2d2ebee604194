import { quote } from "../format.ts";
import { type CsvHeader, columnName } from "./csv-header.ts";
import type { Origin, Problem, Row } from "./row.ts";

/** Where a row of a table comes from. */
export abstract class TableOrigin implements Origin {
  readonly file: string;
  readonly line: number;
  problem: Problem | undefined;
  protected readonly header: CsvHeader;

  constructor(header: CsvHeader, file: string, line: number) {
    this.file = file;
    this.line = line;
    this.header = header;
  }

  abstract get id(): string | undefined;

  abstract recordJson(): string;

  actionJson(row: Row): string {
    return JSON.stringify(row);
  }

  nameOf(path: string): string {
    return columnName(this.#labelOf(path));
  }

  adviceOn(path: string, reason: string): string {
    if (!reason.startsWith("expected an attribute name")) return "";
    const label = this.#labelOf(path);
    return `; --map ${quote(`${label}=NAME`)} gives it one, --ignore ${quote(label)} leaves it out`;
  }

  withProblem(problem: Problem): this & { problem: Problem } {
    return Object.assign(this, { problem });
  }

  #labelOf(path: string): string {
    const { names, idAt, attributes } = this.header;
    if (path === "id") return names[idAt]!;
    const name = path.replace(/^attributes\./, "");
    return attributes.find(({ attribute }) => attribute === name)?.label ?? name;
  }
}
