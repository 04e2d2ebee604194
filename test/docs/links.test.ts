import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path/posix";
import { describe, expect, it } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { pages, readPage, root } from "./pages.ts";

/** Where the pages are read: `README.md` also on the package's page, which has none of the other files. */
const { repository } = packageJson;
const home = repository.url.replace(/^git\+|\.git$/g, "");
const PAGE = `${home}/blob/main/`;
const PICTURE = `${home.replace("://github.com/", "://raw.githubusercontent.com/")}/main/`;

/** Links, pictures and definitions of links. */
function addressesIn(text: string): string[] {
  const prose = text.replace(/^(`{3,}).*?^\1$/gms, "");
  return Array.from(
    prose.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)|(?:src|href|srcset)="([^"]+)"/gm),
    ([, link, definition, attribute]) => (link ?? definition ?? attribute)!,
  );
}

/** Links to files of this repository, by the path from the root and the heading that they lead to. */
function linksOf(path: string, text: string): { target: string; anchor: string | undefined }[] {
  return addressesIn(text).flatMap((link) => {
    const absolute = [PAGE, PICTURE].find((prefix) => link.startsWith(prefix));
    if (absolute === undefined && /^[a-z]+:/.test(link)) return [];
    const [file, anchor] = link.slice(absolute?.length ?? 0).split("#") as [string, string?];
    if (absolute !== undefined) return { target: file, anchor };
    return { target: file === "" ? path : join(path, "..", file), anchor };
  });
}

/** The anchors of a page's headings, as GitHub makes them, and those that are written out. */
function anchorsOf(path: string): string[] {
  const text = readFileSync(join(root, path), "utf8");
  const used = new Map<string, number>();
  const headings = Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading]) => {
    const anchor = heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, "")
      .replaceAll(" ", "-");
    const before = used.get(anchor) ?? 0;
    used.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
  return [...headings, ...Array.from(text.matchAll(/ id="([^"]+)"/g), ([, id]) => id!)];
}

/** Those that link, but have names and programs of other times. */
const others = ["CHANGELOG.md", "openapi/README.md", ".github/pull_request_template.md"].map(readPage);

describe.each([...pages, ...others])("$path", ({ path, text }) => {
  it("links to what there is", () => {
    const broken = linksOf(path, text).filter(({ target, anchor }) => {
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchorsOf(target).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it("defines each link that it uses, and uses each that it defines", () => {
    const prose = text.replace(/`[^`]*`/g, "");
    const used = Array.from(prose.matchAll(/\]\[([^\]]+)\]/g), ([, name]) => name!);
    const defined = Array.from(prose.matchAll(/^\[([^\]]+)\]: /gm), ([, name]) => name!);
    expect([...new Set(used)].sort()).toEqual(defined.sort());
  });

  it("leaves only by https", () => {
    expect(addressesIn(text).filter((link) => /^[a-z]+:/.test(link) && !URL.canParse(link))).toEqual([]);
    expect(addressesIn(text).filter((link) => /^(?!https:)[a-z]+:/.test(link))).toEqual([]);
  });
});

it("README.md has links that lead somewhere on the package's page too", () => {
  const { text } = pages.find(({ path }) => path === "README.md")!;
  const relative = addressesIn(text).filter((link) => !/^(?:#|https:)/.test(link));
  expect(relative.map((link) => `write ${PAGE}${link}`)).toEqual([]);
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
  // The reference has an index of its own.
  const isReference = (path: string): boolean => /^docs\/api\/(?!README)/.test(path);
  const all = pages.map(({ path }) => path).filter((path) => path !== index.path && !isReference(path));
  expect(all.filter((path) => !linked.includes(path))).toEqual([]);
});
