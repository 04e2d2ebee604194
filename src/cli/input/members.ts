import { ORIGIN, type Row } from "./row.ts";

/** What the library takes for no member, and reports with its id. */
const UNREADABLE = "unreadable";

/** The rows as members. One that cannot be read gets its id, where there is one: that id is then left as it was. */
export async function* membersOf(rows: AsyncIterable<Row>, idColumn: string): AsyncGenerator<Row> {
  for await (const row of rows) {
    const origin = row[ORIGIN];
    if (origin.problem === undefined) yield row;
    else yield { action: UNREADABLE, id: idIn(origin.recordJson(), idColumn), [ORIGIN]: origin };
  }
}

function idIn(json: string, idColumn: string): string | undefined {
  try {
    const record = JSON.parse(json) as Record<string, unknown> | null;
    const id = record?.[idColumn] ?? record?.id;
    return typeof id === "string" ? id : undefined;
  } catch {
    return undefined;
  }
}
