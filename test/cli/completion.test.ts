import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { OPTIONS_OF } from "../../src/cli/command-options.ts";
import { completionScript } from "../../src/cli/completion.ts";
import { runCli } from "../support/cli.ts";

/** What bash offers for the last word of a command line. */
function completed(...words: string[]): string[] {
  const ask = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _batch_audiences; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const script = `${completionScript("bash")}\n${ask}`;
  const output = execFileSync("bash", ["-c", script, "bash", "batch-audiences", ...words], {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  return output.split("\n").filter(Boolean);
}

test("bash completes commands, options, values and files", () => {
  expect(completed("up")).toEqual(["update"]);
  expect(completed("")).toEqual([...Object.keys(OPTIONS_OF), "help", "completion"]);
  expect(completed("update", "vips", "--")).toEqual(OPTIONS_OF.update.map((name) => `--${name}`));
  expect(completed("list", "--ra")).toEqual(["--rate"]);
  expect(completed("update", "vips", "--format", "p")).toEqual(["parquet"]);
  expect(completed("update", "vips", "completion.t")).toEqual(["completion.test.ts"]);
  expect(completed("completion", "z")).toEqual(["zsh"]);
  expect(completed("help", "cr")).toEqual(["create"]);
});

test.each(["zsh", "fish"])("%s knows each command with its options", async (shell) => {
  const { exitCode, stdout } = await runCli(["completion", shell], { env: {} });
  expect(exitCode).toBe(0);
  for (const [command, options] of Object.entries(OPTIONS_OF)) {
    const lines = stdout.split("\n").filter((line) => line.includes(` ${command}`));
    const words = lines.flatMap((line) => line.split(/[\s";]+/));
    const dashes = shell === "zsh" ? "--" : "";
    expect(words).toEqual(expect.arrayContaining(options.map((name) => dashes + name)));
  }
});

test("a shell that there is not is refused", async () => {
  const { exitCode, stderr } = await runCli(["completion", "bsh"], { env: {} });
  expect(exitCode).toBe(2);
  expect(stderr).toBe(
    'error: completion needs a shell, bash or zsh or fish, got "bsh", did you mean bash?\n',
  );
  expect((await runCli(["completion"], { env: {} })).stderr).toContain("got none");
});
