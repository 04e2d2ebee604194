import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startFakeBatch } from "../support/fake-server.ts";
import { type Block, blocksIn, pages, root } from "./pages.ts";
import { runProgram } from "./run-program.ts";
import { typeProblems } from "./type-check.ts";

/** What a page says once and every example uses: `client` and `actions`. */
const CLIENT = `import { createAudienceClient as create, type AudienceAction as Action } from "batch-audiences";
const client = create({ restKey: "rest", projectKey: "project" });
export const actions: Action[] = [{ action: "add", id: "customer-1" }, { action: "remove", id: "customer-2" }];
`;

interface Expected {
  stdout: string;
  /** Names of what it leaves behind. Default: nothing. */
  leaves?: string[];
  /** The audiences there are. Default: each there is a name for. */
  audiences?: string[];
}

const EXPECTED: Record<string, Expected> = {
  "README.md: batch-audiences": { stdout: "2 of 2 actions are applied\n" },
  "README.md: How do I read a stream?": { stdout: "3 received, 1 superseded, 2 accepted\n" },
  "README.md: How do I send more than a million ids?": { stdout: "" },
  "README.md: How do I read a queue?": { stdout: "done with the first 2 messages\n" },
  "README.md: How do I make an audience exactly this list?": {
    stdout: "2 added, 0 removed, 2 on the audience\n",
    leaves: ["state"],
  },
  "README.md: How do I check first?": {
    stdout: expect.stringMatching(/^1 requests, \d+ bytes, 0 invalid actions\n$/),
  },
  "README.md: How do I stop?": { stdout: "" },
  "README.md: How do I handle errors?": {
    audiences: [],
    stdout: expect.stringMatching(
      /^The update of the audience vip_customers .*404.*\n\{.*customer-1.*\}\n\{.*customer-2.*\}\n$/,
    ),
  },
  "README.md: How do I resume after a crash?": { stdout: "" },
  "README.md: How do I wait until it is applied?": {
    stdout: "0 requests are not applied yet\n[ 'APPLIED' ]\n",
  },
  "README.md: How do I test my code?": { stdout: "Map(1) { 'customer-1' => {} }\n" },
  "README.md: How do I observe it?": { stdout: "" },
  "docs/mirror.md: A store of your own": { stdout: "first: 1 request, again: 0 requests\n" },
  "docs/options.md: `client.http`": { stdout: "APPLIED\n" },
  "docs/options.md: Long inputs: `spill`": { stdout: "" },
  "docs/recipes/outbox.md: An outbox in a web handler": {
    stdout: "answered with 204\n1 delivered to newsletter\n",
  },
  "docs/recipes/proxy.md: Any Node, or a proxy of your own choice": { stdout: "1 accepted\n" },
  "docs/recipes/testing.md: What the fake can do": {
    stdout: '200 {"audiences":[],"count":0,"has_more":false}\n',
  },
};

/** A recipe is whole. */
const isWhole = (name: string, code: string): boolean =>
  name.startsWith("docs/recipes/") || /^const client\b|batch-audiences\/testing|^subscribe/m.test(code);

/** Pages whose programs tests of their own run: `test/docs/blocks.test.ts` looks that each recipe has one. */
const isRunHere = ({ name, language, isRun }: Block): boolean =>
  isRun &&
  language === "ts" &&
  (Object.hasOwn(EXPECTED, name) || !/^docs\/(?:recipes\/|observability\.md)/.test(name));

const all = pages.flatMap((page) =>
  blocksIn(page)
    .filter(({ language }) => ["ts", "js"].includes(language))
    .map((block) => (isWhole(block.name, block.code) ? block : { ...block, code: CLIENT + block.code })),
);
const programs = all.filter(isRunHere);
const others = all.filter((block) => !isRunHere(block));

describe("the programs of the README and of docs/", () => {
  // Inside the package, where its own name resolves to what was built.
  let folder: string;
  let files: string[];

  beforeAll(() => {
    folder = mkdtempSync(join(root, "test/docs/programs-"));
    files = [...programs, ...others].map(({ code, file: named }, at) => {
      // The files of a recipe import each other by their names.
      const file = join(folder, named ?? `program-${at}.ts`);
      writeFileSync(file, code);
      return file;
    });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("are those whose output is known", () => {
    expect(programs.map(({ name }) => name)).toEqual(Object.keys(EXPECTED));
  });

  it("type-check", () => {
    expect(typeProblems(files)).toEqual([]);
  });

  it.concurrent.each(programs.map(({ name }, at) => ({ name, at })))("run: $name", async ({ name, at }) => {
    const { stdout, audiences, leaves = [] } = EXPECTED[name]!;
    const api = await startFakeBatch({ seed: 1, ...(audiences && { audiences }) });
    const cwd = mkdtempSync(join(tmpdir(), "program-"));
    try {
      expect(await runProgram(files[at]!, cwd, api.url)).toEqual({ stdout, stderr: "" });
      expect(readdirSync(cwd), "files that it leaves behind").toEqual(leaves);
    } finally {
      rmSync(cwd, { recursive: true });
      await api.close();
    }
  });
});
