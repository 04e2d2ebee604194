// Runs the built program in a process of its own: for signals, pipes, memory, and what the package holds.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { KEYS } from "./cli.ts";
import { builtProgram } from "./cli-build.ts";

export interface ProcessEnded {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface RunningProcess {
  child: ChildProcessByStdio<Writable, Readable, Readable>;
  ended: Promise<ProcessEnded>;
}

export interface ProcessOptions {
  cwd: string;
  env?: Record<string, string>;
  /** For Node itself. */
  nodeArguments?: string[];
}

export async function startProcess(
  args: readonly string[],
  options: ProcessOptions,
): Promise<RunningProcess> {
  const { cwd, env = KEYS, nodeArguments = [] } = options;
  const program = await builtProgram();
  const child = spawn(process.execPath, [...nodeArguments, program, ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: "pipe",
  });
  // A program that ends before it has read its input is for the test to judge.
  child.stdin.on("error", () => {});
  const ended = new Promise<ProcessEnded>((resolve) => {
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
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
