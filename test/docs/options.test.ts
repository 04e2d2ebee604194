import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { limits, server } from "../../generated/limits.ts";
import { DEFAULT_TYPE } from "../../src/audiences/create.ts";
import { resolveReplaceOptions } from "../../src/audiences/replace.ts";
import { DEFAULT_LIMIT_MS } from "../../src/indexing/wait-until-applied.ts";
import { DEFAULT_RETRY, resolveClientOptions } from "../../src/options.ts";
import { resolveUpdateOptions } from "../../src/update/update-options.ts";
import { codeIn, root, tableRows } from "./pages.ts";

const page = readFileSync(join(root, "docs/options.md"), "utf8");
const sections = page.split(/^##+ /m).map((text) => ({ heading: text.split("\n")[0]!, text }));

const program = ts.createProgram([join(root, "src/index.ts")], {
  strict: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  allowImportingTsExtensions: true,
  noEmit: true,
});
const checker = program.getTypeChecker();
const index = checker.getSymbolAtLocation(program.getSourceFile(join(root, "src/index.ts"))!)!;
const types = new Map(
  checker.getExportsOfModule(index).map((symbol) => {
    const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    const target = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
    return [symbol.name, checker.getDeclaredTypeOfSymbol(target)];
  }),
);

/** The public properties of an exported type. */
function propertiesOf(type: string): string[] {
  return checker
    .getPropertiesOfType(types.get(type)!)
    .flatMap(({ name }) => (name.startsWith("__#") ? [] : name));
}

/** The tables of the page by the types in their headings: the first cell of each row names a property. */
const tables = sections.flatMap(({ heading, text }) => {
  const named = codeIn(heading).filter((name) => types.has(name));
  return named.length === 0 ? [] : [{ named, rows: tableRows(text) }];
});

describe("docs/options.md", () => {
  it("has a table for each type that is passed in or comes back", () => {
    const named = tables.flatMap((table) => table.named);
    expect(named.sort()).toEqual([
      "ActionIssue",
      "AudienceClientOptions",
      "Checkpoint",
      "CreateOptions",
      "Limiter",
      "ListOptions",
      "Poll",
      "Receipt",
      "ReplaceOptions",
      "RetryPolicy",
      "SpilledPosition",
      "UpdateOptions",
      "UpdateProgress",
      "UpdateReport",
      "ViewOptions",
      "WaitOptions",
      "Warning",
      "WriteOptions",
      "WriteReceipt",
    ]);
  });

  it.each(tables)("names the properties of $named, and no other", ({ named, rows }) => {
    const documented = rows.map(([name]) => codeIn(name!)[0]!);
    // The page says of these that they have the options of an update.
    const known = named.includes("ReplaceOptions") ? propertiesOf("UpdateOptions") : [];
    const own = named.flatMap(propertiesOf).filter((name) => !known.includes(name));
    expect(documented.sort()).toEqual([...new Set(own)].sort());
  });

  const client = resolveClientOptions({ restKey: "rest", projectKey: "project" });
  it.each<[type: string, defaults: object]>([
    [
      "AudienceClientOptions",
      {
        ...pick(client, ["requestsPerSecond", "maxInFlight", "timeoutMs"]),
        apiVersion: server.version,
        baseUrl: server.url.replace("{version}", "{apiVersion}"),
        fetch: "globalThis.fetch",
      },
    ],
    ["RetryPolicy", DEFAULT_RETRY],
    ["UpdateOptions", resolveUpdateOptions()],
    ["WaitOptions", { timeoutMs: DEFAULT_LIMIT_MS }],
    ["ViewOptions", {}],
    ["ReplaceOptions", resolveReplaceOptions().replace],
    ["CreateOptions", { type: DEFAULT_TYPE }],
    ["WriteOptions", {}],
    ["ListOptions", {}],
  ])("has the defaults of %s", (type, defaults) => {
    const { rows } = tables.find(({ named }) => named.includes(type))!;
    const documented = rows
      .filter(([, value]) => value !== "")
      .map(([name, value]) => [codeIn(name!)[0], value]);
    const inForce = Object.entries(defaults).map(([name, value]) => [name, `\`${written(value)}\``]);
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(inForce));
  });

  it("has each error with its code and its fields", () => {
    const errors = [...types].filter(([name]) => name.endsWith("Error") && name !== "AudienceError");
    const inherited = new Set([...propertiesOf("AudienceError"), "name"]);
    const { text } = sections.find(({ heading }) => heading === "Errors")!;
    const documented = tableRows(text).map(([name, code, , fields]) => [
      name!,
      code!,
      codeIn(fields!).sort(),
    ]);
    const inForce = errors.map(([name, type]) => {
      const code = checker.getTypeOfSymbol(type.getProperty("code")!) as ts.StringLiteralType;
      const fields = propertiesOf(name).filter((field) => !inherited.has(field));
      return [`\`${name}\``, `\`${code.value}\``, fields.sort()];
    });
    expect(errors.length).toBeGreaterThan(5);
    expect(documented.sort()).toEqual(inForce.sort());
  });

  it("has the document's limit of attributes", () => {
    expect(page).toContain(`At most ${limits.maxAttributesPerId} attributes`);
  });
});

function pick<T extends object, K extends keyof T>(object: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, object[name]])) as Pick<T, K>;
}

/** As a table has it: numbers in groups of three digits, addresses and expressions without quotes. */
function written(value: unknown): string {
  if (typeof value === "number")
    return value < 1000 ? `${value}` : `${value}`.replace(/\B(?=(\d{3})+$)/g, "_");
  return typeof value === "string" && /[:/]|^globalThis/.test(value) ? value : JSON.stringify(value);
}
