import { expect, it } from "vitest";
import { releaseNotes } from "../../scripts/release/notes.ts";

const changelog =
  "# Changelog\n\n## Unreleased\n\n## 1.2.3\n\nThis is new.\n\n- And this.\n\n## 1.2.2\n\nOld.\n";

it("takes what the changelog says of the version", () => {
  expect(releaseNotes(changelog, "1.2.3", "v1.2.3")).toBe("This is new.\n\n- And this.");
});

it.each([
  ["a tag of another version", changelog, "v1.2.4", "the tag must be v1.2.3"],
  [
    "a version that the changelog does not have",
    changelog.replace("1.2.3", "1.3.0"),
    "v1.2.3",
    "nothing under",
  ],
  ["a version without a word", changelog.replace(/This[^#]*/, ""), "v1.2.3", "nothing under"],
  [
    "entries that are still unreleased",
    changelog.replace("Unreleased\n", "Unreleased\n\n- New."),
    "v1.2.3",
    'Move them under "1.2.3"',
  ],
])("refuses %s", (_, text, tag, message) => {
  expect(() => releaseNotes(text, "1.2.3", tag)).toThrow(message);
});
