import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const page = readFileSync("docs/guarantees.md", "utf8");
const named = [...page.matchAll(/`(test\/[\w./-]+)` "([^"]+)"/g)].map(([, file = "", name = ""]) => ({
  file,
  name,
}));

describe("docs/guarantees.md", () => {
  it("names a test for every promise", () => {
    const [, promised = ""] = /## Promised([\s\S]*)## Not promised/.exec(page) ?? [];
    const promises = promised.split(/\n(?=\*\*)/).slice(1);
    expect(promises.length).toBeGreaterThan(5);
    for (const promise of promises) expect(promise).toMatch(/^- .*`test\/[\w./-]+` "/m);
  });

  it("names a test for each file that it mentions", () => {
    expect(page.match(/test\/[\w./-]+\.ts/g)?.length).toBe(named.length);
  });

  it.each(named)('names a test that there is: $file "$name"', ({ file, name }) => {
    expect(existsSync(file) ? readFileSync(file, "utf8") : "no such file").toContain(name);
  });
});
