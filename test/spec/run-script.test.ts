import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { check, commandFor, generate } from "../../scripts/spec/generated.ts";
import { readArguments } from "../../scripts/spec/import.ts";
import { runScript } from "../../scripts/spec/run-script.ts";
import { SpecError } from "../../scripts/spec/spec-error.ts";

const printed: string[] = [];

beforeEach(() => {
  printed.length = 0;
  vi.spyOn(console, "log").mockImplementation((text) => void printed.push(`out: ${text}`));
  vi.spyOn(console, "error").mockImplementation((text) => void printed.push(`err: ${text}`));
});

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

it("prints what the work returns", async () => {
  await runScript(async () => "Done.");
  expect(printed).toEqual(["out: Done."]);
  expect(process.exitCode).toBeUndefined();
});

it("prints the message of a failure that the user can correct, without its stack, with exit code 1", async () => {
  await runScript(() => {
    throw new SpecError("page.md: no document");
  });
  expect(printed).toEqual(["err: page.md: no document"]);
  expect(process.exitCode).toBe(1);
});

it("throws any other error on, with its stack", async () => {
  const fault = new TypeError("a fault of the script");
  await expect(runScript(() => Promise.reject(fault))).rejects.toBe(fault);
  expect(printed).toEqual([]);
});

it.each([[["page.md"]], [["a.md", "b.md"]]])("import-spec takes %j", (args) => {
  expect(readArguments(args)).toEqual(args);
});

it("import-spec called without an argument shows its usage", () => {
  expect(() => readArguments([])).toThrow(
    new SpecError("Usage: npm run import-spec -- <page.md | document.json | document.yaml | URL> ..."),
  );
});

it("generate writes, and with --check compares", () => {
  expect(commandFor([])).toBe(generate);
  expect(commandFor(["--check"])).toBe(check);
});

it.each([[["--chekc"]], [["--check", "now"]]])(
  "generate called with %j shows its usage and writes nothing",
  (args) => {
    expect(() => commandFor(args)).toThrow(
      new SpecError("Usage: npm run generate, or npm run check:generated"),
    );
  },
);
