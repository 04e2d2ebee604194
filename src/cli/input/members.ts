import { ORIGIN, type Row } from "./row.ts";

/** What the library takes for no member, and reports with its id. */
const UNREADABLE = "unreadable";

/** The rows as members. One that cannot be read gets its id, where there is one: that id is then left as it was. */
export async function* membersOf(rows: AsyncIterable<Row>): AsyncGenerator<Row> {
  for await (const row of rows) {
    const origin = row[ORIGIN];
    if (origin.problem === undefined) yield row;
    else yield { action: UNREADABLE, id: origin.id, [ORIGIN]: origin };
  }
}
