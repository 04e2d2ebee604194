import { type AppliedState, NotAppliedError, type UpdateOptions } from "../../index.ts";
import {
  ACTIONS,
  type Arguments,
  type Flags,
  FORMATS,
  type GivenFile,
  oneOf,
  positive,
} from "../arguments.ts";
import { EXIT, exitCodeOf, Interruption, messageOf, UsageError } from "../cli-errors.ts";
import type { Connection } from "../connection.ts";
import { findInputs } from "../input/find-inputs.ts";
import { InputReader } from "../input/input-reader.ts";
import { pluralize } from "../output/format.ts";
import { printNextSteps, type SavedOutputs } from "../output/next-steps.ts";
import { resultJson, resultTable } from "../output/result-text.ts";
import { printSummary } from "../output/summary.ts";
import type { Terminal } from "../output/terminal.ts";
import { print, type World } from "../world.ts";
import { type Delivered, deliverRows } from "./deliver-rows.ts";
import { openOutputs, ProgressSaver, type RunOutputs } from "./run-outputs.ts";
import { saveOutputs } from "./save-outputs.ts";
import { waitUntilApplied } from "./wait-command.ts";

/** Brings the audience to the state of the inputs, and prints what became of each record. Resolves to the exit code. */
export async function updateCommand(
  { audience, files, flags }: Extract<Arguments, { command: "update" }>,
  connection: Connection,
  terminal: Terminal,
  world: World,
): Promise<number> {
  const timeout = positive("timeout", flags.timeout);
  const idColumn = flags["id-column"] ?? "id";
  const inputs = await findInputs(files.length > 0 ? files : [standardInput(world)], {
    format: oneOf("format", flags.format, FORMATS),
    action: oneOf("action", flags.action, ACTIONS),
  });
  const run = { audience, destination: connection.destination, idColumn, inputs };
  const outputs = openOutputs(flags, run, world);
  const reader = new InputReader(inputs, { idColumn, stdin: world.stdin, ends: outputs.ends });
  noteResume(outputs, flags, terminal);
  try {
    const saver = new ProgressSaver(outputs, terminal);
    const options = updateOptions(flags, outputs, saver, world);
    const delivered = await deliverRows(audience, reader, options, connection, terminal).catch(
      (error: unknown) => {
        if (outputs.resumeFrom === undefined) outputs.checkpointFile?.remove();
        throw error;
      },
    );
    if (delivered.cause !== undefined) saver.save(delivered.report.checkpoint);
    const end = { audience, timeout, flags, delivered, outputs, reader };
    return await endUpdate(end, connection, terminal, world);
  } finally {
    reader.close();
  }
}

interface UpdateEnd {
  audience: string;
  timeout: number | undefined;
  flags: Flags;
  delivered: Delivered;
  outputs: RunOutputs;
  reader: InputReader;
}

/** Everything after the delivery: what is printed, saved and waited for. */
async function endUpdate(
  { audience, timeout, flags, delivered, outputs, reader }: UpdateEnd,
  connection: Connection,
  terminal: Terminal,
  world: World,
): Promise<number> {
  const { report, cause } = delivered;
  const ending = { report, cause, rejections: outputs.rejections, flags };
  // Before the rest of the input is read, which may take long.
  printSummary(ending, terminal);
  const saved = await saveOutputs(delivered, outputs, reader, terminal, world);
  const waited = flags.wait
    ? await waitForAll(delivered, audience, timeout, connection, terminal, world)
    : {};
  await printResult(delivered, waited, flags, terminal, world).catch((error: unknown) =>
    saved.problems.push(messageOf(error)),
  );
  printNextSteps(ending, saved, waited.error, terminal);
  return exitCodeOfRun(delivered, saved, waited.error);
}

function standardInput({ stdin }: World): GivenFile {
  if (stdin.isTTY) throw new UsageError("no input: name a file, or pipe one in");
  return { path: "-" };
}

function noteResume({ resumeFrom }: RunOutputs, flags: Flags, terminal: Terminal): void {
  const records = resumeFrom?.records ?? 0;
  if (records === 0) return;
  terminal.note(`Resuming after ${pluralize(records, "record")}, from ${flags.checkpoint}.`);
}

function updateOptions(
  flags: Flags,
  { rejections, resumeFrom }: RunOutputs,
  saver: ProgressSaver,
  { signal }: World,
): UpdateOptions {
  return {
    signal,
    resumeFrom,
    dryRun: flags["dry-run"],
    invalid: flags["skip-invalid"] ? "skip" : "throw",
    refused: flags.isolate ? "isolate" : "stop",
    onRejected: (issue, record) => rejections.add(issue, record),
    onProgress: ({ checkpoint }) => saver.save(checkpoint),
  };
}

interface Waited {
  /** By token. */
  states?: Record<string, AppliedState>;
  error?: unknown;
}

async function waitForAll(
  { report, cause }: Delivered,
  audience: string,
  timeout: number | undefined,
  connection: Connection,
  terminal: Terminal,
  world: World,
): Promise<Waited> {
  const { indexingTokens } = report;
  if (cause !== undefined || indexingTokens.length === 0) return {};
  try {
    return { states: await waitUntilApplied(audience, indexingTokens, timeout, connection, terminal, world) };
  } catch (error) {
    return { error };
  }
}

async function printResult(
  { report, cause }: Delivered,
  waited: Waited,
  flags: Flags,
  terminal: Terminal,
  world: World,
): Promise<void> {
  if (!flags.json && cause !== undefined && report.received === 0) return;
  const dryRun = flags["dry-run"] === true;
  const result = { report, dryRun, states: waited.states, error: cause ?? waited.error };
  await print(world, flags.json ? resultJson(result) : resultTable(result));
  terminal.separate();
}

function exitCodeOfRun({ report, cause }: Delivered, saved: SavedOutputs, waitError: unknown): number {
  // A window that was not applied in time prevents the next one from being sent.
  if (cause !== undefined) return cause instanceof NotAppliedError ? EXIT.undelivered : exitCodeOf(cause);
  if (waitError instanceof Interruption) return waitError.exitCode;
  if (saved.problems.length > 0 || report.rejected > 0) return EXIT.undelivered;
  return waitError === undefined ? 0 : EXIT.notApplied;
}
