import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8Length } from "../../src/actions/utf8.ts";

test("the length in UTF-8 is that of the encoded string", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 20 }),
      (text) => utf8Length(text) === Buffer.byteLength(text),
    ),
  );
});

test.each([
  "",
  "\u007f",
  "\u0080",
  "\u07ff",
  "\u0800",
  "\ud7ff",
  "\ue000",
  "\uffff",
  "😀",
  "\u{10000}",
  "\u{10ffff}",
  "aé€😀",
])("the length of %j, at an edge of the encoding, is right", (text) => {
  expect(utf8Length(text)).toBe(Buffer.byteLength(text));
});
