import { type AudienceMember, InvalidActionError, UpdateError } from "../../index.ts";
import { type MirrorOptions, type MirrorReport, mirror } from "../../mirror/index.ts";
import { directory } from "../../node/index.ts";
import { oneOf, positive, wholeNumber } from "../argument-values.ts";
import { FORMATS, type MirrorArguments } from "../arguments.ts";
import { EXIT, exitCodeOf, guardText, UsageError } from "../cli-errors.ts";
import type { Flags } from "../command-options.ts";
import type { Connection } from "../connection.ts";
import { findInputs } from "../input/find-inputs.ts";
import { InputReader } from "../input/input-reader.ts";
import { membersOf } from "../input/members.ts";
import { tableOptions } from "../input/table-options.ts";

import { mirrorJson, mirrorTable } from "../output/mirror-text.ts";
import { UpdateEstimate } from "../output/progress-estimate.ts";
import { printRejections, printSummary } from "../output/summary.ts";
import type { Terminal } from "../output/terminal.ts";
import { print, type World } from "../world.ts";
import { openOutputs, type RunOutputs } from "./run-outputs.ts";
import { standardInput } from "./update-command.ts";

/** Makes the audience exactly the list in the inputs, and prints what changed. Resolves to the exit code. */
export async function mirrorCommand(
  { command, audience, files, flags }: MirrorArguments,
  connection: Connection,
  terminal: Terminal,
  world: World,
): Promise<number> {
  const { state, first } = flags;
  if (state === undefined) throw new UsageError("mirror needs --state, a folder for what it has sent before");
  const timeout = positive("timeout", flags.timeout);
  const options: MirrorOptions = {
    state: directory(state),
    baseline: oneOf("first", first, ["empty", "replace"] as const),
    maxRemoved: readMaxRemoved(flags["max-removed"]),
    allowEmpty: flags["allow-empty"],
    reassert: flags.reassert,
    dryRun: flags["dry-run"],
    wait: flags.wait === true,
    invalid: flags["skip-invalid"] ? "skip" : "throw",
    refused: flags.isolate ? "isolate" : "stop",
    window: wholeNumber("window", flags.window, { min: 1 }),
    indexingTimeoutMs: timeout && timeout * 1000,
    signal: world.signal,
  };
  const inputs = await findInputs(files.length > 0 ? files : [standardInput(world)], {
    format: oneOf("format", flags.format, FORMATS),
    kind: "member",
  });
  const table = tableOptions(flags);
  const run = { command, audience, destination: connection.destination, table, inputs };
  const outputs = openOutputs(flags, run, terminal, world);
  const reader = new InputReader(inputs, { table, stdin: world.stdin });
  try {
    const members = membersOf(reader.rows) as AsyncIterable<AudienceMember>;
    const ended = await mirrorMembers(audience, members, options, { outputs, reader, connection, terminal });
    return await endMirror(ended, flags, outputs, terminal, world);
  } finally {
    reader.close();
  }
}

interface Ended {
  report: MirrorReport;
  /** What ended it early. */
  cause?: unknown;
}

interface Context {
  outputs: RunOutputs;
  reader: InputReader;
  connection: Connection;
  terminal: Terminal;
}

/** Shows how far it is. Throws what prevented the run from sending, invalid records aside. */
async function mirrorMembers(
  audience: string,
  members: AsyncIterable<AudienceMember>,
  options: MirrorOptions,
  { outputs, reader, connection, terminal }: Context,
): Promise<Ended> {
  const { client, requestsPerSecond } = connection;
  const estimate = new UpdateEstimate(reader, requestsPerSecond, 0, () => performance.now());
  terminal.follow(audience, () => estimate.status);
  try {
    const report = await mirror(client, audience, members, {
      ...options,
      onRejected: (issue, record) => outputs.rejections.add(issue, record),
      onProgress: (progress) => estimate.report(progress),
    });
    return { report };
  } catch (error) {
    if (error instanceof InvalidActionError) return { report: error.report as MirrorReport, cause: error };
    if (error instanceof UpdateError) return { report: error.report as MirrorReport, cause: error.cause };
    // Records that were left out may be why it was refused.
    printRejections(outputs.rejections, (text) => terminal.warn(text), terminal);
    outputs.rejectedFile?.close(false);
    throw error;
  } finally {
    terminal.stop();
  }
}

async function endMirror(
  { report, cause }: Ended,
  flags: Flags,
  { rejections, rejectedFile }: RunOutputs,
  terminal: Terminal,
  world: World,
): Promise<number> {
  const { guards = [] } = report;
  printSummary({ command: "mirror", report, cause, rejections, flags }, terminal);
  rejectedFile?.close(cause === undefined);
  for (const { message } of guards) terminal.error(guardText(message));
  const result = { report, rejections, dryRun: flags["dry-run"] === true, error: cause };
  await print(world, flags.json ? mirrorJson(result) : mirrorTable(result));
  terminal.separate();
  if (cause !== undefined && report.requests > 0) {
    terminal.note(
      "The state says what was accepted: run the same command again, with this list or a newer one.",
    );
  }
  if (cause !== undefined) return exitCodeOf(cause);
  if (guards.length > 0) return EXIT.guarded;
  if (report.rejected > 0) return EXIT.undelivered;
  return flags.wait && !flags["dry-run"] && !report.applied ? EXIT.notApplied : 0;
}

/** A number, or a share like 15%. */
function readMaxRemoved(value: string | undefined): MirrorOptions["maxRemoved"] {
  if (value === undefined || value.endsWith("%")) return value as `${number}%` | undefined;
  return Number(value);
}
