import { expect, test } from "vitest";
import { Terminal } from "../../../src/cli/output/terminal.ts";

function record(isTerminal: boolean, color = false) {
  let written = "";
  const output = {
    columns: 80,
    write(text: string) {
      written += text;
      return true;
    },
  };
  const terminal = new Terminal(output, { isTerminal, color, quiet: false, verbose: false, debug: false });
  return { terminal, written: () => written };
}

test("on a terminal the status is redrawn, and notes come above it", () => {
  const { terminal, written } = record(true);
  terminal.follow("vips", () => ({ parts: ["reading"] }));
  terminal.warn("odd");
  terminal.stop();
  expect(written()).toBe("\rvips  reading\u001b[K\r\u001b[Kwarning: odd\n");
});

test("in a log nothing is redrawn and nothing is coloured", () => {
  const { terminal, written } = record(false);
  terminal.follow("vips", () => ({ parts: ["reading"] }));
  terminal.error("broken");
  terminal.stop();
  expect(written()).toBe("error: broken\n");
});

test("only the first word is coloured", () => {
  const { terminal, written } = record(true, true);
  terminal.error("broken");
  expect(written()).toBe("\u001b[31merror:\u001b[0m broken\n");
});
