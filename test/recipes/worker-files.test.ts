import { expect, it } from "vitest";
import { blocksIn, readPage } from "../docs/pages.ts";

const blocks = blocksIn(readPage("docs/recipes/worker.md"));
const codeOf = (language: string): string => blocks.find((block) => block.language === language)!.code;
const { file: program } = blocks.find(({ language }) => language === "js")!;

it("the systemd unit starts the program itself, so that it gets SIGTERM", () => {
  const [, command] = /^ExecStart=(.+)$/m.exec(codeOf("ini"))!;
  expect(command!.split(" ")).toEqual(["/usr/bin/node", `/srv/batch/${program}`]);
});

it("the container holds the program and its packages, and starts the program itself", () => {
  const instructions = codeOf("dockerfile")
    .trim()
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.split(" ")) as [string, ...string[]][];
  const wordsOf = (name: string): string[][] =>
    instructions.filter(([instruction]) => instruction === name).map(([, ...words]) => words);
  expect(wordsOf("COPY")).toContainEqual([program, "./"]);
  expect(wordsOf("RUN")).toEqual([["npm", "ci", "--omit=dev"]]);
  expect(JSON.parse(wordsOf("CMD")[0]!.join(" "))).toEqual(["node", program]);
});
