#!/usr/bin/env node
import { createRequire } from "node:module";
import { type Arguments, readArguments } from "./arguments.ts";
import { connect, type World } from "./connection.ts";
import { exitCodeOf, Interruption } from "./errors.ts";
import { helpText } from "./help.ts";
import { Screen } from "./screen.ts";
import { update } from "./update.ts";
import { view } from "./view.ts";
import { wait } from "./wait.ts";

const argv = process.argv.slice(2);
const { stdin, stdout, stderr, env } = process;
const isTerminal = stderr.isTTY === true && env.TERM !== "dumb";
const screen = new Screen(stderr, {
  isTerminal,
  color: isTerminal && !env.NO_COLOR,
  quiet: argv.includes("--quiet"),
  debug: argv.includes("--debug"),
});
const stop = new AbortController();

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    const interruption = new Interruption(signal);
    if (stop.signal.aborted) process.exit(interruption.exitCode);
    screen.note("Stopping; once more stops at once.");
    stop.abort(interruption);
  });
}
// Who has closed the pipe does not want to hear more, and that is no failure.
for (const stream of [stdout, stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

const world: World = {
  env,
  screen,
  signal: stop.signal,
  print: (text) => new Promise((resolve) => stdout.write(text, () => resolve())),
  isInputTerminal: stdin.isTTY === true,
};

async function run(args: Arguments): Promise<number> {
  switch (args.command) {
    case "help":
      await world.print(helpText(args.of));
      return 0;
    case "version":
      await world.print(`${version()}\n`);
      return 0;
  }
  const connection = await connect(args.flags, world);
  try {
    switch (args.command) {
      case "update":
        return await update(args, connection, world);
      case "wait":
        return await wait(args, connection, world);
      case "view":
        return await view(args, connection, world);
    }
  } finally {
    connection.close();
  }
}

function version(): string {
  const manifest = createRequire(import.meta.url)("../../package.json") as { version: string };
  return manifest.version;
}

let exitCode: number;
try {
  exitCode = await run(readArguments(argv));
} catch (error) {
  screen.stop();
  if (error instanceof Interruption) screen.note("Stopped.");
  else screen.failure(error);
  exitCode = exitCodeOf(error);
}
// Standard input may still be open, and would keep the process.
process.exit(exitCode);
