import { expect, test } from "vitest";
import { ORDINARY_ID, suspicionOfText, suspicionsOfId } from "../../src/actions/suspicious.ts";

test.each([
  [" a", "an id with surrounding spaces"],
  ["a\t", "an id with surrounding spaces"],
  ["a\ud800", "an id with half of a surrogate pair"],
  ["\udc00a", "an id with half of a surrogate pair"],
  ["a\u00a0", "an id with surrounding spaces"],
  ["a;b", "an id with a semicolon"],
  ["a\nb", "an id with a control character"],
  ["a\u0000b", "an id with a control character"],
  ["a\u007fb", "an id with a control character"],
  ["a".repeat(512), "an id of over 511 characters"],
  [`a\n${"b".repeat(510)}`, "an id of over 511 characters"],
  ["undefined", "an id that looks like a missing value"],
  ["null", "an id that looks like a missing value"],
  ["NULL", "an id that looks like a missing value"],
  ["nil", "an id that looks like a missing value"],
  ["(null)", "an id that looks like a missing value"],
  ["[object Object]", "an id that looks like a missing value"],
  ["true", "an id that looks like a missing value"],
  ["False", "an id that looks like a missing value"],
  ["NaN", "an id that looks like a missing value"],
  ["Infinity", "an id that looks like a missing value"],
  ["-infinity", "an id that looks like a missing value"],
  ["1.23457E+11", "an id in scientific notation, as spreadsheets shorten long numbers"],
  ["1,23457e+11", "an id in scientific notation, as spreadsheets shorten long numbers"],
  ["12345.0", "an id that ends with .0, as a number read as a decimal"],
  ["#N/A", "an id that is an error of a spreadsheet"],
  ["#REF!", "an id that is an error of a spreadsheet"],
  ["#NAME?", "an id that is an error of a spreadsheet"],
])("the id %j is suspicious", (id, reason) => {
  expect(suspicionsOfId(id)).toContain(reason);
  // Nothing suspicious passes by the quick look.
  expect(ORDINARY_ID.test(id)).toBe(false);
});

test.each([
  "a",
  "a b",
  "nullable",
  "not null",
  "0",
  "-",
  "é",
  "😀",
  "a".repeat(511),
  "__proto__",
  "a@b.fr",
  "untrue",
  "12.5",
  "1e5",
  "v1.0",
  "#1",
])("the id %j is not suspicious", (id) => {
  expect(suspicionsOfId(id)).toEqual([]);
});

test("each reason is given once, and all of them", () => {
  expect(suspicionsOfId(" ;\n ")).toEqual([
    "an id with surrounding spaces",
    "an id with a semicolon",
    "an id with a control character",
  ]);
});

test("a string is suspicious from 65 characters on", () => {
  expect(suspicionOfText("x".repeat(64))).toBeUndefined();
  expect(suspicionOfText("x".repeat(65))).toBe("a string of over 64 characters");
});
