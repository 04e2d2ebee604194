import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { codeIn, readPage, root, tableRows } from "./pages.ts";

const rows = tableRows(readPage("docs/decisions/upgrades.md").text);
const inUse: Record<string, string> = { ...packageJson.dependencies, ...packageJson.devDependencies };

it("has the versions that are in use", () => {
  const documented = rows.flatMap(([names, version]) => codeIn(names!).map((name) => [name, version]));
  expect(documented.length).toBeGreaterThan(8);
  expect(documented).toEqual(documented.map(([name]) => [name, inUse[name!]]));
});

it("has a day on which to look at each line of the generator, the client and the floor", () => {
  const { text } = readPage("docs/decisions/upgrades.md");
  const lines = text.split("\n").filter((line) => /^\| (?:Node|`openapi-|`typescript)/.test(line));
  expect(lines).toHaveLength(4);
  for (const line of lines) expect(line).toMatch(/\| 20\d\d-\d\d-\d\d\b/);
});

it("names the oldest Node that is tried as the floor", () => {
  const [, floor] = /^\| Node, the floor \| ([\d.]+) \|/m.exec(readPage("docs/decisions/upgrades.md").text)!;
  const runtimes = readFileSync(join(root, "scripts/runtimes/runtimes.ts"), "utf8");
  expect(runtimes).toContain(`["${floor}", `);
  expect(packageJson.engines.node).toBe(`>=${floor!.split(".")[0]}`);
});
