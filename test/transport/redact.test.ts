import { expect, test } from "vitest";
import { redact } from "../../src/transport/redact.ts";

test.each<[what: string, key: string, text: string, redacted: string]>([
  ["of 8 characters is removed inside words too", "abcdefgh", "xabcdefghx abcdefgh", "x[restKey]x [restKey]"],
  ["of 7 characters is removed where it stands alone", "abcdefg", "xabcdefgx abcdefg", "xabcdefgx [restKey]"],
  ["of one letter is removed wherever it stands alone", "d", "d 5 add d", "[restKey] 5 add [restKey]"],
  ["that looks like a pattern is taken as it is", "a.b", "acb a.b", "acb [restKey]"],
  ["with a space is taken as it is", "a b", "a b a\\ b", "[restKey] a\\ b"],
])("a key %s", (_what, key, text, redacted) => {
  expect(redact(text, key)).toBe(redacted);
});
