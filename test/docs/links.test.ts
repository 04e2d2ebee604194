import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path/posix";
import { describe, expect, it } from "vitest";
import { pages, root } from "./pages.ts";

/** Links without a scheme, by the path from the root and the heading that they lead to. */
function linksOf(path: string, text: string): { target: string; anchor: string | undefined }[] {
  const links = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, link]) => link!);
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [file, anchor] = link.split("#") as [string, string?];
      return { target: file === "" ? path : join(path, "..", file), anchor };
    });
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(path: string): string[] {
  const headings = readFileSync(join(root, path), "utf8").matchAll(/^#+ (.*)$/gm);
  return Array.from(headings, ([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

describe.each(pages)("$path", ({ path, text }) => {
  it("links to what there is", () => {
    const broken = linksOf(path, text).filter(({ target, anchor }) => {
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchorsOf(target).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

// The benchmarks have the names that files had when they were measured.
it.each(pages.filter(({ path }) => path !== "docs/benchmarks.md"))(
  "$path names files that there are",
  ({ text }) => {
    const named = text.match(/\b(?:src|test|scripts)\/[\w./-]+\.ts\b/g) ?? [];
    expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  },
);

it("has every page of docs/ in the index", () => {
  const index = pages.find(({ path }) => path === "docs/README.md")!;
  const linked = linksOf(index.path, index.text).map(({ target }) => target);
  const all = pages.map(({ path }) => path).filter((path) => path !== index.path);
  expect(all.filter((path) => !linked.includes(path))).toEqual([]);
});
