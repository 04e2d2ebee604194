import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { DEFAULT_RETRY, resolveClientOptions } from "../../src/options.ts";
import {
  type FakeBatchServer as Simulator,
  startFakeBatch as startSimulator,
} from "../../src/testing/loopback.ts";
import { resolveUpdateOptions } from "../../src/update/update-options.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const programs = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);

describe("the README", () => {
  // Inside the package, where its own name resolves to what was built.
  let folder: string;
  let files: string[];
  let simulator: Simulator;

  beforeAll(async () => {
    folder = mkdtempSync(join(root, "test/docs/programs-"));
    files = programs.map((code, at) => {
      const file = join(folder, `program-${at}.ts`);
      writeFileSync(file, code);
      return file;
    });
    simulator = await startSimulator({ seed: 1 });
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await simulator.close();
  });

  it("has programs that type-check", () => {
    const config = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
    const problems = ts.getPreEmitDiagnostics(ts.createProgram(files, options));
    expect(files.length).toBeGreaterThanOrEqual(3);
    expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([]);
  });

  it.each(programs.map((_, at) => at))("has a program %i that runs", async (at) => {
    const cwd = mkdtempSync(join(tmpdir(), "readme-"));
    const redirect = join(import.meta.dirname, "redirect.ts");
    const env = {
      ...process.env,
      STAND_IN_URL: simulator.url,
      BATCH_REST_KEY: "rest",
      BATCH_PROJECT_KEY: "project",
    };
    const tsx = import.meta.resolve("tsx");
    const { stdout, stderr } = await run(
      process.execPath,
      ["--import", tsx, "--import", redirect, files[at]!],
      { cwd, env },
    );
    expect(stderr).toBe("");
    if (at === 0) expect(stdout).toBe("2 of 3 accepted, 1 superseded\n");
    if (at === 1) expect(stdout).toMatch(/^would send 1 request with \d+ bytes\n$/);
    if (at === 2) expect(stdout).toBe("1 accepted\n");
    rmSync(cwd, { recursive: true });
  });

  it("names the defaults that are in force", () => {
    const config = resolveClientOptions({ restKey: "rest", projectKey: "project" });
    const { requestsPerSecond, maxInFlight, timeoutMs } = config;
    const {
      window,
      maxIdsPerRequest,
      maxBytesPerRequest,
      invalid,
      refused,
      maxRefused,
      betweenWindows,
      dryRun,
    } = resolveUpdateOptions();
    const rows: Record<string, unknown> = {
      requestsPerSecond,
      maxInFlight,
      timeoutMs,
      window,
      maxIdsPerRequest,
      maxBytesPerRequest,
      invalid,
      refused,
      maxRefused,
      betweenWindows,
      dryRun,
    };
    for (const name of ["retries", "throttleDelayMs", "maxThrottledMs"] as const)
      rows[`retry.${name}`] = DEFAULT_RETRY[name];
    for (const [name, value] of Object.entries(rows)) expect(documented(name), name).toBe(literal(value));
    const delays = [DEFAULT_RETRY.minDelayMs, DEFAULT_RETRY.maxDelayMs].map(literal).join(", ");
    expect(documented("retry.minDelayMs`, `retry.maxDelayMs")).toBe(delays.replace(", ", "`, `"));
    expect(config.baseUrl).toBe(
      documented("baseUrl")?.replace("{apiVersion}", JSON.parse(documented("apiVersion")!)),
    );
  });
});

describe("the changelog", () => {
  it("begins with the version of the package", () => {
    const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8");
    expect(/^## (?!Unreleased$)(.+)$/m.exec(changelog)?.[1]).toBe(packageJson.version);
  });
});

function documented(option: string): string | undefined {
  return readme
    .split("\n")
    .find((row) => row.startsWith(`| \`${option}\` | \``))
    ?.split(" | ")[1]
    ?.slice(1, -1);
}

function literal(value: unknown): string {
  if (typeof value !== "number") return JSON.stringify(value);
  return value < 1000 ? String(value) : String(value).replace(/\B(?=(\d{3})+$)/g, "_");
}
