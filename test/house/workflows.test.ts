import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import packageJson from "../../package.json" with { type: "json" };
import { problemsOf } from "./workflows.ts";

const github = new URL("../../.github/", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, github), "utf8");
const scripts = Object.keys(packageJson.scripts);

it.each(readdirSync(new URL("workflows", github)))("%s is a sound workflow", (file) => {
  expect(problemsOf(file, read(`workflows/${file}`), scripts)).toEqual([]);
});

describe("a workflow", () => {
  const sound = `on: push
jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6.0.2
      - run: npm run check:types
`;

  it("may be sound", () => {
    expect(problemsOf("ci.yml", sound, scripts)).toEqual([]);
  });

  it.each([
    ["an action whose tag can move", "@v6.0.2", "@v6", "actions/checkout@v6 is no full version"],
    ["a script that there is not", "check:types", "check:tips", "there is no script check:tips"],
    ["a variable that there is not", "npm run", "npm run $" + "{{ matrx.it }}", 'undefined variable "matrx"'],
    ["no runner", "    runs-on: ubuntu-latest\n", "", '"runs-on" section is missing'],
  ])("with %s is named", (_, from, to, message) => {
    expect(problemsOf("ci.yml", sound.replace(from, to), scripts).join("\n")).toContain(message);
  });
});

it.each(readdirSync(new URL("ISSUE_TEMPLATE", github)).filter((file) => file !== "config.yml"))(
  "%s is an issue form",
  (file) => {
    const form = parse(read(`ISSUE_TEMPLATE/${file}`)) as { body: { type: string; id?: string }[] };
    expect(form).toMatchObject({ name: expect.any(String), description: expect.any(String) });
    expect(form.body.filter(({ type, id }) => type !== "markdown" && id === undefined)).toEqual([]);
  },
);
