// Runs the built program in a process of its own: for signals, pipes, memory, and what the package holds.

import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { KEYS } from "./cli.ts";
import { builtProgram } from "./cli-build.ts";

export interface ProcessEnded {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface RunningProcess {
  child: ChildProcessByStdio<Writable, Readable, Readable | null>;
  ended: Promise<ProcessEnded>;
}

export interface ProcessOptions {
  cwd: string;
  env?: Record<string, string>;
  /** For Node itself. */
  nodeArguments?: string[];
  /** Shell commands before the program starts, such as `ulimit -f 64`. */
  setup?: string;
  /** Where standard error goes. Default: to the test. */
  stderr?: "pipe" | number;
}

export async function startProcess(
  args: readonly string[],
  options: ProcessOptions,
): Promise<RunningProcess> {
  const { cwd, env = KEYS, nodeArguments = [], setup = ":", stderr: log = "pipe" } = options;
  const program = [process.execPath, ...nodeArguments, await builtProgram()];
  // The shell is replaced by the program, which gets the signals.
  const child = spawn("sh", ["-c", `${setup}; exec "$@"`, "sh", ...program, ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ["pipe", "pipe", log],
  }) as RunningProcess["child"];
  // A program that ends before it has read its input is for the test to judge.
  child.stdin.on("error", () => {});
  const ended = new Promise<ProcessEnded>((resolve) => {
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.once("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
  return { child, ended };
}

export async function runProcess(args: readonly string[], options: ProcessOptions): Promise<ProcessEnded> {
  const { child, ended } = await startProcess(args, options);
  child.stdin.end();
  return ended;
}

/** A named pipe. */
export function makePipe(path: string): void {
  execFileSync("sh", ["-c", 'mkfifo "$1"', "sh", path]);
}
