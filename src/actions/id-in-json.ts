import { ADD_HEAD, REMOVE_HEAD } from "./encoder.ts";

const QUOTED = /"(?:[^"\\]|\\.)*"/y;

/** The id of an action that the encoder has written. */
export function idInJson(json: string): string {
  const start = (json.startsWith(ADD_HEAD) ? ADD_HEAD : REMOVE_HEAD).length;
  const id = json.slice(start + 1, json.indexOf('"', start + 1));
  if (!id.includes("\\")) return id;
  QUOTED.lastIndex = start;
  return JSON.parse(QUOTED.exec(json)![0]) as string;
}
