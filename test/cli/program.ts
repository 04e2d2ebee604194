// Runs the built program as a child process, on real files in a folder of its own.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { builtProgram } from "./built.ts";

export interface Ended {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  child: ChildProcessByStdio<Writable, Readable, Readable>;
  ended: Promise<Ended>;
}

export interface StartOptions {
  cwd: string;
  input?: string | Buffer;
  env?: Record<string, string>;
  /** For Node itself. */
  nodeArguments?: string[];
}

export const KEYS = { BATCH_REST_KEY: "rest-key", BATCH_PROJECT_KEY: "project-key" };

export async function start(args: readonly string[], options: StartOptions): Promise<Running> {
  const { cwd, input, env = KEYS, nodeArguments = [] } = options;
  const program = await builtProgram();
  const child = spawn(process.execPath, [...nodeArguments, program, ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: "pipe",
  });
  // A program that ends before it has read its input is for the test to judge.
  child.stdin.on("error", () => {});
  if (input !== undefined) child.stdin.end(input);
  const ended = new Promise<Ended>((resolve) => {
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

export async function run(args: readonly string[], options: StartOptions): Promise<Ended> {
  const { child, ended } = await start(args, options);
  if (options.input === undefined) child.stdin.end();
  return ended;
}

/** A folder for a test, and a way to put files into it. */
export interface Folder {
  path: string;
  file(name: string): string;
  write(name: string, content: string | Buffer): void;
  remove(): void;
}

export function createFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), "batch-audiences-"));
  return {
    path,
    file: (name) => join(path, name),
    write: (name, content) => writeFileSync(join(path, name), content),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Resolves when the condition holds, however long that takes. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

export function ndjson(text: string): unknown[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
}
