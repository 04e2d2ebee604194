import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { root } from "./pages.ts";

it("has the version of the package as its newest one", () => {
  const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8");
  expect(/^## (?!Unreleased$)(.+)$/m.exec(changelog)?.[1]).toBe(packageJson.version);
});
