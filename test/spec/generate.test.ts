import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { limits, server } from "../../generated/limits.ts";
import { check, generate } from "../../scripts/spec/generated.ts";
import type { LintProblem } from "../../scripts/spec/redocly.ts";
import {
  copyProject,
  filesIn,
  projectRoot,
  rewrite,
  runScript,
  silentRedocly,
  unusedRedocly,
} from "./project.ts";

it("finds the project's own generated files up to date", async () => {
  await expect(check(projectRoot, silentRedocly)).resolves.toBe(
    "The generated files agree with the document and the overlay.",
  );
});

it("makes the same bytes every time, also without earlier generated files", async () => {
  const root = await copyProject();
  const before = await filesIn(root);
  await rm(join(root, "generated"), { recursive: true });
  await expect(generate(root, silentRedocly)).resolves.toBe(
    "Wrote generated/openapi.json, generated/schema.ts, generated/limits.ts.",
  );
  expect(await filesIn(root)).toEqual(before);
});

it("says at the top of every generated file how it is made", async () => {
  const files = await filesIn(join(projectRoot, "generated"));
  for (const text of Object.values(files)) {
    expect(text.slice(0, 100)).toContain("Generated from openapi/, do not edit; npm run generate");
  }
});

it.each(["generated/openapi.json", "generated/schema.ts", "generated/limits.ts"])(
  "fails when %s was edited by hand, and names it and the command to run",
  async (path) => {
    const root = await copyProject();
    await rewrite(root, path, (text) =>
      text.replaceAll("10000", "20000").replace("audience_update", "update"),
    );
    const before = await filesIn(root);
    await expect(check(root, silentRedocly)).rejects.toThrow(
      `${path}: not what openapi/ makes, edited by hand or not regenerated. Run \`npm run generate\`.`,
    );
    expect(await filesIn(root), "a check writes nothing").toEqual(before);
    await generate(root, silentRedocly);
    await check(root, silentRedocly);
  },
);

it("names every file that differs, a missing one too", async () => {
  const root = await copyProject();
  await rm(join(root, "generated/limits.ts"));
  await rewrite(root, "generated/schema.ts", (text) => `${text} `);
  await expect(check(root, silentRedocly)).rejects.toThrow(/^generated\/schema\.ts, generated\/limits\.ts: /);
});

it("fails when the overlay was changed and the files were not generated again", async () => {
  const root = await copyProject();
  await rewrite(root, "openapi/overlay.yaml", (text) =>
    text.replace("maxProperties: 15", "maxProperties: 16"),
  );
  await expect(check(root, silentRedocly)).rejects.toThrow(
    "generated/openapi.json, generated/limits.ts: not what openapi/ makes",
  );
});

it("refuses a document that was edited by hand, before checking and before generating", async () => {
  const root = await copyProject();
  await rewrite(root, "openapi/audiences-update.json", (text) => `${text}\n`);
  const before = await filesIn(root);
  await expect(check(root, silentRedocly)).rejects.toThrow(
    /audiences-update\.json is not the document imported on .*SHA-256/,
  );
  await expect(generate(root, silentRedocly)).rejects.toThrow("It is never edited by hand");
  expect(await filesIn(root)).toEqual(before);
});

it("reads every limit from the merged document", async () => {
  const document = JSON.parse(await readFile(join(projectRoot, "generated/openapi.json"), "utf8"));
  const body =
    document.paths["/audiences/update"].post.requestBody.content["application/json"].schema.properties;
  const { name, ids } = body;
  const { parameters } = document.paths["/audiences/list"].get;
  const pageSize = parameters.find((parameter: { name?: string }) => parameter.name === "limit");
  expect(limits).toEqual({
    maxIdsPerRequest: ids.maxItems,
    maxAttributesPerId: ids.items.properties.attributes.maxProperties,
    attributeNamePattern: ids.items.properties.attributes.propertyNames.pattern,
    audienceNamePattern: name.pattern,
    maxAudienceNameLength: name.maxLength,
    maxAudiencesPerPage: pageSize.schema.maximum,
  });
  expect(server).toEqual({
    url: document.servers[0].url,
    version: document.servers[0].variables.version.default,
  });
});

it("holds a replace to the same limits as an update, so one set of constants fits both", async () => {
  const { paths } = JSON.parse(await readFile(join(projectRoot, "generated/openapi.json"), "utf8"));
  const bodyOf = (route: string) =>
    paths[route].post.requestBody.content["application/json"].schema.properties;
  const [update, replace] = [bodyOf("/audiences/update"), bodyOf("/audiences/replace")];
  expect(replace.ids.maxItems).toBe(update.ids.maxItems);
  for (const rule of ["type", "maxProperties", "propertyNames", "additionalProperties"]) {
    const { attributes } = replace.ids.items.properties;
    expect(attributes).toHaveProperty(rule, update.ids.items.properties.attributes[rule]);
  }
  for (const route of ["create", "replace", "remove"]) {
    const { description, ...rules } = update.name;
    expect(bodyOf(`/audiences/${route}`).name).toMatchObject(rules);
  }
});

it("offers the known types of an audience and accepts any other", async () => {
  const types = await readFile(join(projectRoot, "generated/schema.ts"), "utf8");
  expect(types).toContain('type: ("custom_ids" | "emails" | "install_ids") | (string & {});');
});

it("has the limits the vendor states in prose", () => {
  expect(limits).toMatchObject({
    maxIdsPerRequest: 10_000,
    maxAttributesPerId: 15,
    maxAudienceNameLength: 255,
    maxAudiencesPerPage: 100,
  });
  const attribute = new RegExp(limits.attributeNamePattern, "u");
  const name30 = "a".repeat(30);
  for (const name of ["att1", name30, `date(${name30})`, "url(avatar)"]) expect(name).toMatch(attribute);
  for (const name of ["", "Att", `${name30}a`, "date()", "date(a", "age(a)", "a b"]) {
    expect(name).not.toMatch(attribute);
  }
  const audience = new RegExp(limits.audienceNamePattern, "u");
  expect("VIP_customers-2").toMatch(audience);
  for (const name of ["", "a b", "é", "a/b"]) expect(name).not.toMatch(audience);
});

it("fails when a limit is missing, and says which and where", async () => {
  const root = await copyProject();
  await rewrite(root, "openapi/overlay.yaml", (text) => text.replace("    maxProperties: 15\n", ""));
  await expect(generate(root, silentRedocly)).rejects.toThrow(
    /`maxAttributesPerId` is missing: expected a number at .*maxProperties/,
  );
});

it("fails when the lint finds problems: shows the first with its place, and how many more there are", async () => {
  const root = await copyProject();
  const before = await filesIn(root);
  const problem = { message: "Wrong.", ruleId: "a-rule", location: [{ pointer: "#/paths" }] };
  const elsewhere = { message: "Empty.", ruleId: "b-rule", location: [] };
  const finding = (...problems: LintProblem[]) => ({ ...silentRedocly, lint: async () => problems });
  const advice = "The document with its overlay fails the lint. Correct it in openapi/overlay.yaml:\n";

  await expect(generate(root, finding(problem))).rejects.toThrow(`${advice}#/paths: Wrong. (a-rule)`);
  await expect(generate(root, finding(elsewhere, problem, problem))).rejects.toThrow(
    `${advice}#/: Empty. (b-rule), and 2 more`,
  );
  expect(await filesIn(root)).toEqual(before);
});

it("lints the same document that it writes", async () => {
  const root = await copyProject();
  const lint = vi.fn(silentRedocly.lint);
  await generate(root, { ...silentRedocly, lint });
  expect(lint.mock.calls).toEqual([[await readFile(join(root, "generated/openapi.json"), "utf8")]]);
});

it("refuses a reference in the overlay that leads outside of the document, and names its action", async () => {
  const root = await copyProject();
  await rewrite(root, "openapi/overlay.yaml", (text) =>
    text.replace('$ref: "#/components/schemas/Audience"', "$ref: ../secret.json"),
  );
  const before = await filesIn(root);
  await expect(generate(root, unusedRedocly)).rejects.toThrow(
    /^openapi\/overlay\.yaml, action 10 \(\$\.paths\), update: #\/~1audiences~1view\/.*\/\$ref refers to "\.\.\/secret\.json"/,
  );
  expect(await filesIn(root)).toEqual(before);
});

it("checks as a script, and ends with exit code 1 and a message when a file is not up to date", async () => {
  const root = await copyProject();
  await writeFile(join(root, "generated/limits.ts"), "");
  const before = await filesIn(root);
  const { code, stdout, stderr } = await runScript(root, "scripts/generate.ts", "--check");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toBe(
    "generated/limits.ts: not what openapi/ makes, edited by hand or not regenerated. Run `npm run generate`.\n",
  );
  expect(await filesIn(root)).toEqual(before);
});
