import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startFakeBatch } from "../../src/testing/loopback.ts";
import { pages, root } from "./pages.ts";

const run = promisify(execFile);

/** What a page says once and every example uses: `client` and `actions`. */
const CLIENT = `import { createAudienceClient as create, type AudienceAction as Action } from "batch-audiences";
const client = create({ restKey: "rest", projectKey: "project" });
export const actions: Action[] = [{ action: "add", id: "customer-1" }, { action: "remove", id: "customer-2" }];
`;

interface Program {
  /** The page and the heading that it stands under. */
  name: string;
  code: string;
}

/** The recipes need more than an API: test/docs/recipes.test.ts. */
const ordinary = pages.filter(({ path }) => !path.startsWith("docs/recipes/"));

const programs: Program[] = ordinary.flatMap(({ path, text }) =>
  text.split(/^#+ /m).flatMap((section) =>
    Array.from(section.matchAll(/```ts\n(.*?)```/gs), ([, code]) => ({
      name: `${path}: ${section.split("\n")[0]}`,
      code: /^const client\b/m.test(code!) ? code! : CLIENT + code,
    })),
  ),
);

interface Expected {
  stdout: string;
  /** Names of what it leaves behind. Default: nothing. */
  leaves?: string[];
  /** The audiences there are. Default: each there is a name for. */
  audiences?: string[];
}

const EXPECTED: Record<string, Expected> = {
  "README.md: batch-audiences": { stdout: "2 of 2 actions are applied\n" },
  "README.md: How do I read a stream?": { stdout: "6 received, 2 superseded, 4 accepted\n" },
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
  "README.md: How do I send more than a million ids?": { stdout: "" },
  "README.md: How do I wait until it is applied?": {
    stdout: "0 requests are not applied yet\n[ 'APPLIED' ]\n",
  },
  "README.md: How do I make an audience exactly this list?": {
    stdout: "2 added, 0 removed, 2 on the audience\n",
    leaves: ["state"],
  },
  "README.md: How do I test my code?": {
    stdout: '/2.11/audiences/update {"name":"vip_customers","ids":[{"action":"add","id":"customer-1"}]}\n',
  },
  "docs/mirror.md: A store of your own": { stdout: "first: 1 request, again: 0 requests\n" },
  "docs/options.md: `client.http`": { stdout: "APPLIED\n" },
  "docs/options.md: Long inputs: `spill`": { stdout: "" },
};

describe("the programs of the README and of docs/", () => {
  // Inside the package, where its own name resolves to what was built.
  let folder: string;
  let files: string[];

  beforeAll(() => {
    folder = mkdtempSync(join(root, "test/docs/programs-"));
    files = programs.map(({ code }, at) => {
      const file = join(folder, `program-${at}.ts`);
      writeFileSync(file, code);
      return file;
    });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("are those whose output is known", () => {
    expect(programs.map(({ name }) => name)).toEqual(Object.keys(EXPECTED));
  });

  it("type-check", () => {
    const config = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
    const problems = ts.getPreEmitDiagnostics(ts.createProgram(files, options));
    expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([]);
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

function runProgram(file: string, cwd: string, apiUrl: string): Promise<{ stdout: string; stderr: string }> {
  const imports = [import.meta.resolve("tsx"), join(import.meta.dirname, "redirect.ts")];
  const keys = { BATCH_REST_KEY: "rest", BATCH_PROJECT_KEY: "project" };
  return run(process.execPath, [...imports.flatMap((path) => ["--import", path]), file], {
    cwd,
    env: { ...process.env, ...keys, STAND_IN_URL: apiUrl },
  });
}
