import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { redocly } from "../../scripts/spec/redocly.ts";
import { projectRoot } from "./project.ts";

const generated = await readFile(join(projectRoot, "generated/openapi.json"), "utf8");

it("finds no problem in the generated document", async () => {
  expect(await redocly.lint(generated)).toEqual([]);
});

it("finds a missing id of an operation and an example that contradicts its schema", async () => {
  const document = generated
    .replace(/"operationId": "audience_update",/, "")
    .replace('"nb_ids": 25001', '"nb_ids": "many"');
  const problems = await redocly.lint(document);
  expect(problems.map(({ ruleId }) => ruleId)).toEqual([
    "operation-operationId",
    "no-invalid-media-type-examples",
  ]);
  expect(problems[1]!.location[0]!.pointer).toMatch(/nb_ids$/);
});

it("says why Redocly gave no report", async () => {
  await expect(redocly.lint("{")).rejects.toThrow(/^`redocly lint` gave no report: \S/);
});
