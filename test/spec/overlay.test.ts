import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { parse, parseDocument as parseYamlDocument } from "yaml";
import { applyOverlay } from "../../scripts/spec/overlay.ts";
import { copyProject, projectRoot } from "./project.ts";

const document = {
  info: { title: "T" },
  servers: [{ url: "u" }],
  paths: { "/a/b": { get: { tags: ["x"] } } },
};

function overlay(...actions: object[]): string {
  const reasons = { description: "why", "x-source": "where" };
  return JSON.stringify({ overlay: "1.0.0", actions: actions.map((action) => ({ ...reasons, ...action })) });
}

it("merges the project's overlay as Redocly does", async () => {
  const root = await copyProject();
  const redocly = createRequire(import.meta.url).resolve("@redocly/cli/bin/cli.js");
  const args = ["bundle", "audiences-update.json", "--overlay", "overlay.yaml", "-o", "merged.json"];
  await promisify(execFile)(process.execPath, [redocly, ...args], {
    cwd: join(root, "openapi"),
    env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
  });
  const theirs = JSON.parse(await readFile(join(root, "openapi/merged.json"), "utf8"));
  const { "x-generated": _, ...ours } = JSON.parse(
    await readFile(join(projectRoot, "generated/openapi.json"), "utf8"),
  );
  expect(ours).toEqual(theirs);
});

describe("an action", () => {
  it("adds below its target, and changes neither the rest nor the input", () => {
    const before = structuredClone(document);
    const merged = applyOverlay(
      document,
      overlay(
        { target: "$.paths['/a/b'].get", update: { summary: "S", responses: { 200: { description: "d" } } } },
        { target: "$.servers[0]", update: { description: "production" } },
        { target: "$", update: { info: { version: "1" } } },
      ),
    );
    expect(merged).toEqual({
      info: { title: "T", version: "1" },
      servers: [{ url: "u", description: "production" }],
      paths: { "/a/b": { get: { tags: ["x"], summary: "S", responses: { 200: { description: "d" } } } } },
    });
    expect(document).toEqual(before);
  });

  it("builds on what the action before it added", () => {
    const merged = applyOverlay(
      document,
      overlay({ target: "$", update: { tags: { a: {} } } }, { target: "$.tags.a", update: { b: 1 } }),
    );
    expect(merged.tags).toEqual({ a: { b: 1 } });
  });

  it.each(["constructor", "toString", "__proto__"])(
    "adds a field with the name of a built-in one: %s",
    (name) => {
      const update = JSON.parse(`{ "${name}": { "type": "string" } }`);
      const { info } = applyOverlay(document, overlay({ target: "$.info", update })) as typeof document;
      expect(Object.entries(info)).toEqual([
        ["title", "T"],
        [name, { type: "string" }],
      ]);
    },
  );

  const good = { target: "$.info", update: { version: "1" } };

  it.each([
    [
      "whose target is not there",
      { target: "$.paths['/gone']", update: { a: 1 } },
      "its target is not in the document",
    ],
    ["that changes nothing", { target: "$.info", update: { title: "T" } }, "it changes nothing"],
    ["with an empty update", { target: "$.info", update: {} }, "it changes nothing"],
    [
      "that contradicts the document",
      { target: "$.info", update: { title: "U" } },
      'the document says `title: "T"`, the overlay "U"',
    ],
    [
      "that meets a list",
      { target: "$.paths['/a/b'].get", update: { tags: ["y"] } },
      'the document says `tags: ["x"]`, the overlay ["y"]',
    ],
    ["without an update", { target: "$.info", remove: true }, "it has no `target` or no `update`"],
    ["without a reason", { ...good, description: undefined }, "it does not say why and from where"],
    ["without a source", { ...good, "x-source": undefined }, "it does not say why and from where"],
  ])("%s is refused, with its number", (_, action, reason) => {
    expect(() => applyOverlay(document, overlay({ target: "$", update: { "x-a": 1 } }, action))).toThrow(
      new RegExp(`^openapi/overlay\\.yaml, action 2.*: ${reason.replace(/[[\]()]/g, "\\$&")}`),
    );
  });

  it("is named by its target too", () => {
    expect(() => applyOverlay(document, overlay({ target: "$.gone", update: { a: 1 } }))).toThrow(
      "action 1 ($.gone):",
    );
  });

  it.each(["$.paths.*", "$..get", "$.paths[?@.get]", "info", "$.", "$.info x", "", "$.paths['/a/b'"])(
    "with the target %s is refused, since it may name several places or none",
    (target) => {
      expect(() => applyOverlay(document, overlay({ target, update: { a: 1 } }))).toThrow(
        `"${target}" does not name exactly one place`,
      );
    },
  );
});

it.each([
  ["actions: [", "openapi/overlay.yaml is not YAML: "],
  ["- a list", "openapi/overlay.yaml is not an overlay: "],
  ["overlay: 2.0.0\nactions: []", "openapi/overlay.yaml is not an overlay: "],
  ["overlay: 1.0.0", "openapi/overlay.yaml is not an overlay: "],
])("refuses %j as an overlay", (text, message) => {
  expect(() => applyOverlay(document, text)).toThrow(message);
});

it("lets any action of the project's overlay be deleted without breaking another", async () => {
  const text = await readFile(join(projectRoot, "openapi/overlay.yaml"), "utf8");
  const { actions } = parse(text, { merge: true });
  expect(actions.length).toBeGreaterThan(10);
  for (const index of actions.keys()) {
    const shorter = parseYamlDocument(text, { merge: true });
    shorter.deleteIn(["actions", index]);
    expect(() => shorter.toString(), `action ${index + 1}`).not.toThrow();
  }
});
