import type { AudienceView } from "../../index.ts";
import { shown } from "./result-text.ts";
import { visible } from "./visible-text.ts";

// Rows are printed before the next page is known, so that no column can be made as wide as its longest value.
const NAME_WIDTH = 32;
const TYPE_WIDTH = 12;
const IDS_WIDTH = 13;
const STATE_WIDTH = 11;

export const AUDIENCE_HEADER = rowOf("name", "type", "ids", "state", "updated");

/** An audience as one row of a table. */
export function audienceRow({ name, type, nb_ids, indexing_state, updated }: AudienceView): string {
  return rowOf(...([name, type, nb_ids, indexing_state, updated].map(cell) as Cells));
}

type Cells = [name: string, type: string, ids: string, state: string, updated: string];

function cell(value: unknown): string {
  return value === undefined ? "-" : visible(shown(value));
}

function rowOf(...[name, type, ids, state, updated]: Cells): string {
  const cells = [
    name.padEnd(NAME_WIDTH),
    type.padEnd(TYPE_WIDTH),
    ids.padStart(IDS_WIDTH),
    state.padEnd(STATE_WIDTH),
  ];
  return `${cells.join("  ")}  ${updated}\n`;
}
