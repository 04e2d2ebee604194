import { expect, it } from "vitest";
import { unsafeLockEntries } from "./lock-file.ts";

const entry = { version: "1.0.0", integrity: "sha512-abc" };
const problems = (packages: object) => unsafeLockEntries(JSON.stringify({ packages }));

it("a lock file is safe when every package has its hash and none a host", () => {
  expect(problems({ "": { version: "0.1.0" }, "node_modules/a": entry })).toEqual([]);
});

it("a package without its hash is reported", () => {
  expect(
    problems({ "node_modules/a": entry, "node_modules/a/node_modules/b": { version: "2.0.0" } }),
  ).toEqual(["node_modules/a/node_modules/b 2.0.0 has no `integrity`"]);
});

it("a package that is bound to a host is reported", () => {
  expect(problems({ "node_modules/a": { ...entry, resolved: "https://registry.example/a.tgz" } })).toEqual([
    "node_modules/a names a host in `resolved`",
  ]);
});

it("a link to a folder of the project needs no hash", () => {
  expect(problems({ "node_modules/a": { resolved: "packages/a", link: true } })).toEqual([]);
});
