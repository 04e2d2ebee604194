import { type Arguments, type AudienceArguments, readArguments } from "./arguments.ts";
import { exitCodeOf, Interruption } from "./cli-errors.ts";
import { createCommand } from "./commands/create-command.ts";
import { deleteCommand } from "./commands/delete-command.ts";
import { listCommand } from "./commands/list-command.ts";
import { mirrorCommand } from "./commands/mirror-command.ts";
import { mockCommand } from "./commands/mock-command.ts";
import { updateCommand } from "./commands/update-command.ts";
import { viewCommand } from "./commands/view-command.ts";
import { waitCommand } from "./commands/wait-command.ts";
import { completionScript } from "./completion.ts";
import { type Connection, connect } from "./connection.ts";
import { helpText } from "./help.ts";
import { noteProxy } from "./output/proxy-note.ts";
import { Terminal } from "./output/terminal.ts";
import { print, type World } from "./world.ts";

/** Runs the command that the arguments name. Resolves to the exit code; never rejects. */
export async function run(argv: readonly string[], world: World): Promise<number> {
  const terminal = terminalOf(argv, world);
  const onStop = (): void => terminal.note("Stopping; once more stops at once.");
  world.signal.addEventListener("abort", onStop);
  try {
    return await runCommand(readArguments(argv), terminal, world);
  } catch (error) {
    terminal.stop();
    if (error instanceof Interruption) terminal.note("Stopped.");
    else terminal.failure(error);
    noteProxy(error, terminal, world);
    return exitCodeOf(error);
  } finally {
    world.signal.removeEventListener("abort", onStop);
  }
}

async function runCommand(args: Arguments, terminal: Terminal, world: World): Promise<number> {
  switch (args.command) {
    case "help":
      await print(world, helpText(args.of));
      return 0;
    case "version":
      await print(world, `${world.version}\n`);
      return 0;
    case "mock":
      return mockCommand(args, terminal, world);
    case "migrate":
      await print(world, await printedSql(args.flags.schema));
      return 0;
    case "completion":
      await print(world, completionScript(args.shell));
      return 0;
  }
  const connection = await connect(args.flags, terminal, world);
  try {
    switch (args.command) {
      case "update":
      case "replace":
        return await updateCommand(args, connection, terminal, world);
      case "mirror":
        return await mirrorCommand(args, connection, terminal, world);
      case "wait":
        return await waitCommand(args, connection, terminal, world);
      case "list":
        return await listCommand(args, connection, terminal, world);
      case "create":
      case "view":
      case "delete":
        return await audienceCommand(args, connection, terminal, world);
    }
  } finally {
    await connection.close();
  }
}

/** Loaded only here: the other commands have nothing to do with PostgreSQL. */
async function printedSql(schema: string | undefined): Promise<string> {
  const { migrationSql } = await import("../postgres/index.ts");
  return migrationSql({ schema });
}

async function audienceCommand(
  args: AudienceArguments,
  connection: Connection,
  terminal: Terminal,
  world: World,
): Promise<number> {
  switch (args.command) {
    case "create":
      return createCommand(args, connection, terminal, world);
    case "view":
      return viewCommand(args, connection, world);
    case "delete":
      return deleteCommand(args, connection, world);
  }
}

/** These two options count from the start: the arguments may be wrong. */
function terminalOf(argv: readonly string[], { stderr, env }: World): Terminal {
  const isTerminal = stderr.isTTY === true && env.TERM !== "dumb";
  return new Terminal(stderr, {
    isTerminal,
    color: isTerminal && !env.NO_COLOR,
    quiet: argv.includes("--quiet"),
    verbose: argv.includes("--verbose"),
    debug: argv.includes("--debug"),
  });
}
