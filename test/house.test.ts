import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { unsafeLockEntries } from "./house/lock-file.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

it.each(["package-lock.json", "scripts/bench/peers/package-lock.json"])(
  "locks every package of %s by its hash and to no host",
  (path) => {
    expect(unsafeLockEntries(readFileSync(join(root, path), "utf8"))).toEqual([]);
  },
);
