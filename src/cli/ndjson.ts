import type { ActionName } from "./arguments.ts";
import type { Lines } from "./lines.ts";
import type { Row } from "./rows.ts";

/** One action a line; blank lines say nothing. */
export async function* readNdjson(
  pieces: AsyncIterable<Lines>,
  action: ActionName | undefined,
): AsyncGenerator<Row[]> {
  for await (const { bytes, line: first } of pieces) {
    const rows: Row[] = [];
    bytes
      .toString("utf8")
      .split("\n")
      .forEach((text, index) => {
        if (text.trim() !== "") rows.push(readLine(text, first + index, action));
      });
    if (rows.length > 0) yield rows;
  }
}

function readLine(text: string, line: number, action: ActionName | undefined): Row {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = `is not JSON: ${(error as Error).message}`;
    const problem = { column: columnOf(reason, text), reason };
    return { line, action: undefined, problem, record: text.trimEnd() };
  }
  if (action === undefined || typeof value !== "object" || value === null) {
    return { line, action: value, record: value };
  }
  if ("action" in value && value.action !== action) {
    const reason = `the line says ${JSON.stringify(value.action)} and the command line "${action}"`;
    return { line, action: undefined, problem: { column: "action", reason }, record: value };
  }
  return { line, action: { ...value, action }, record: value };
}

/** Not every message of the runtime tells where; those that do not quote the place. */
function columnOf(message: string, text: string): number | undefined {
  const position = / at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return Number(position) + 1;
  return message.includes("Unexpected end") ? text.trimEnd().length + 1 : undefined;
}
