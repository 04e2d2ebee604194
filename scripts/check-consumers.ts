/**
 * Compiles a program that uses every entry of the packed package, as users of each TypeScript would.
 * `npm run check:consumers`, or with `--quick` the one combination that is part of `npm test`.
 */
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { entries, installPacked, type Project } from "./consumers/installed.ts";

/** The newest of each line that the package promises to compile with. */
const VERSIONS = ["5.4.5", "5.6.3", "5.9.3", "6.0.3", "7.0.2"];
const RESOLUTIONS = {
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
  node16: { module: "node16", moduleResolution: "node16" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
};
/** The types of `fetch`, `AbortSignal` and `Request` come from one of the two. */
const GLOBALS = {
  DOM: { lib: ["ES2022", "DOM"], types: [] },
  "@types/node": { lib: ["ES2022"], types: ["node"] },
};

interface Combination {
  version: string;
  resolution: keyof typeof RESOLUTIONS;
  globals: keyof typeof GLOBALS;
}

const isQuick = process.argv.includes("--quick");
const combinations: Combination[] = isQuick
  ? [{ version: "5.9.3", resolution: "nodenext", globals: "@types/node" }]
  : VERSIONS.flatMap((version) =>
      keys(RESOLUTIONS).flatMap((resolution) =>
        keys(GLOBALS).map((globals) => ({ version, resolution, globals })),
      ),
    );
const versions = [...new Set(combinations.map(({ version }) => version))];
const project = installPacked(
  "@types/node@20.19.43",
  ...versions.map((v) => `${alias(v)}@npm:typescript@${v}`),
);
try {
  const names = entries(project);
  writeFileSync(join(project.folder, "consumer.mts"), consumerOf(names));
  const waiting = combinations.values();
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      for (const combination of waiting) await compile(project, combination);
    }),
  );
  console.log(`${names.length} entries: ${names.join(", ")}`);
} finally {
  project.remove();
}

/** Uses each entry as a whole, and the main one as its README does. */
function consumerOf(names: string[]): string {
  return `${names.map((name, at) => `import * as entry${at} from "${name}";`).join("\n")}
export const all = [${names.map((_, at) => `entry${at}`).join(", ")}];
import { type AudienceAction, createAudienceClient, UpdateError } from "batch-audiences";
const client = createAudienceClient({ restKey: "rest", projectKey: "project", fetch: (request) => fetch(request) });
const actions: AudienceAction[] = [
  { action: "add", id: "1", attributes: { city: "Lyon", joined: new Date(), site: new URL("https://shop.example") } },
  { action: "remove", id: "2" },
];
export async function run(signal: AbortSignal): Promise<number> {
  try {
    const report = await client.update("vips", actions, { signal, onReceipt: ({ ids }) => console.log(ids) });
    await client.waitUntilApplied("vips", report.indexingTokens);
    for await (const { name } of client.list()) console.log(name);
    return report.accepted;
  } catch (error) {
    if (error instanceof UpdateError) for (const { id } of error.undelivered) console.log(id);
    throw error;
  }
}
// @ts-expect-error Types that had become \`any\` would take this.
await client.update("vips", [{ action: "put", id: "1" }]);
`;
}

async function compile({ folder }: Project, { version, resolution, globals }: Combination): Promise<void> {
  const name = `TypeScript ${version}, ${resolution}, ${globals}`;
  const place = join(folder, name.replace(/\W+/g, "-"));
  mkdirSync(place);
  const compilerOptions = {
    ...RESOLUTIONS[resolution],
    ...GLOBALS[globals],
    target: "es2022",
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
  };
  writeFileSync(
    join(place, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: ["../consumer.mts"] }),
  );
  const compiler = join(folder, "node_modules", alias(version), "bin/tsc");
  const problems = await promisify(execFile)(process.execPath, [compiler, "-p", place]).then(
    () => "",
    ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
  );
  console.log(`${problems === "" ? "ok    " : "FAILED"} ${name}`);
  if (problems === "") return;
  console.log(problems.split("\n").slice(0, 12).join("\n"));
  process.exitCode = 1;
}

function alias(version: string): string {
  return `typescript-${version}`;
}

function keys<T extends object>(object: T): (keyof T)[] {
  return Object.keys(object) as (keyof T)[];
}
