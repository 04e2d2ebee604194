import { ORIGIN, type Row } from "./row.ts";
import type { TableOptions } from "./table-options.ts";

/** What the library takes for no member, and reports with its id. */
const UNREADABLE = "unreadable";

/** The rows as members. One that cannot be read gets its id, where there is one: that id is then left as it was. */
export async function* membersOf(rows: AsyncIterable<Row>, table: TableOptions): AsyncGenerator<Row> {
  for await (const row of rows) {
    const origin = row[ORIGIN];
    if (origin.problem === undefined) yield row;
    else yield { action: UNREADABLE, id: idIn(origin.recordJson(), table), [ORIGIN]: origin };
  }
}

/** The record has the names of its input, before they are mapped. */
function idIn(json: string, { idColumn, map }: TableOptions): string | undefined {
  const columns = [...Object.keys(map).filter((column) => map[column] === idColumn), idColumn, "id"];
  try {
    const record = JSON.parse(json) as Record<string, unknown> | null;
    return columns.map((column) => record?.[column]).find((id) => typeof id === "string") as
      | string
      | undefined;
  } catch {
    return undefined;
  }
}
