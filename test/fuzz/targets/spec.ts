// Any pages in place of the vendor's, for `npm run import-spec`.

import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { importSpec } from "../../../scripts/spec/import.ts";
import { SpecError } from "../../../scripts/spec/spec-error.ts";
import { anyBytes, type Edit, edited, edits, type ValueEdit, valueEdit, withValue } from "../edits.ts";
import { assert, bytesOf, type Target, textOf } from "../target.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const FOLDERS = ["openapi", "generated"];
const REQUEST = { today: "2027-01-02", signal: new AbortController().signal };
/** Redocly takes seconds, and is not ours. */
const REDOCLY = { lint: async () => [], diff: async () => [] };

type Input = { kind: "md" | "json" | "yaml" } & (
  | { edits: Edit[] }
  | { value: ValueEdit }
  | { whole: string }
);

const kind = fc.constantFrom("md" as const, "json" as const, "yaml" as const);

export const spec: Target<Input> = {
  name: "spec",
  cost: 50,
  input: fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind, edits }) },
    { weight: 6, arbitrary: fc.record({ kind, value: valueEdit }) },
    { weight: 1, arbitrary: fc.record({ kind, whole: anyBytes(60) }) },
  ),
  async run(input) {
    const root = await mkdtemp(join(tmpdir(), "fuzz-"));
    try {
      for (const folder of FOLDERS) await cp(join(ROOT, folder), join(root, folder), { recursive: true });
      const document = textOf(await readFile(join(ROOT, "openapi/audiences-update.json")));
      const path = join(root, `page.${input.kind}`);
      await writeFile(path, bytesOf(changed(document, input)));
      await importSpec(root, { ...REQUEST, inputs: [path] }, REDOCLY);
    } catch (error) {
      if (!(error instanceof SpecError)) throw new Error("an error that is no SpecError", { cause: error });
      assert(isDeepStrictEqual(await filesIn(root), await filesIn(ROOT)), "a failure has changed a file");
    } finally {
      await rm(root, { recursive: true });
    }
  },
};

async function filesIn(root: string): Promise<(readonly [path: string, text: string])[]> {
  const found = await Promise.all(FOLDERS.map((folder) => readdir(join(root, folder))));
  const paths = FOLDERS.flatMap((folder, at) => found[at]!.sort().map((name) => join(folder, name)));
  return Promise.all(paths.map(async (path) => [path, await readFile(join(root, path), "utf8")] as const));
}

function changed(document: string, input: Input): string {
  const page = (text: string) => (input.kind === "md" ? `# A page\n\n\`\`\`json\n${text}\n\`\`\`\n` : text);
  if ("whole" in input) return page(input.whole);
  if ("edits" in input) return edited(page(document), input.edits);
  return page(withValue(JSON.parse(document), input.value));
}
