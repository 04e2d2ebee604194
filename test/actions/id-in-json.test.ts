import fc from "fast-check";
import { expect, test } from "vitest";
import { ActionEncoder, type EncodedAction } from "../../src/actions/encoder.ts";
import { idInJson } from "../../src/actions/id-in-json.ts";

const encoder = new ActionEncoder(1000, () => {});
const jsonOf = (action: object) => (encoder.encode(action, 0) as EncodedAction).json;
const ids = fc.string({
  unit: fc.oneof(fc.constantFrom('"', "\\", "\n"), fc.string({ unit: "binary" })),
  maxLength: 8,
});

test("the id of a written action is the one that it was written for", () => {
  fc.assert(
    fc.property(ids, (text) => {
      const id = `${text}x`;
      const attributes = { s: id };
      expect(idInJson(jsonOf({ action: "remove", id }))).toBe(id);
      expect(idInJson(jsonOf({ action: "add", id }))).toBe(id);
      expect(idInJson(jsonOf({ action: "add", id, attributes }))).toBe(id);
    }),
  );
});

test.each(["a", 'a"', "\\", '\\"', "é", "😀", "\ud83d"])("the id %j is found", (id) => {
  expect(idInJson(jsonOf({ action: "add", id, attributes: { s: "b" } }))).toBe(id);
  expect(idInJson(jsonOf({ action: "remove", id }))).toBe(id);
});
