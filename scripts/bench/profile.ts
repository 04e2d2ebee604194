import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The parts used here of what V8's profiler gives. */
export interface Profile {
  nodes: {
    id: number;
    children?: number[];
    callFrame: Frame;
  }[];
  /** The node on top of the stack at each sample, and the microseconds between the samples. */
  samples: number[];
  timeDeltas: number[];
}

interface Frame {
  functionName: string;
  url: string;
  lineNumber: number;
}

const PROFILER = "the profiler";
const BUILT = new URL("../../dist/", import.meta.url).href;

/** Share of the time by the source file it was spent in, the largest first. What a file calls on V8 counts as its own. */
export function timeByFile({ nodes, samples, timeDeltas }: Profile): [file: string, share: number][] {
  const regionsOf = new Map<string, string[]>();
  const fileOf = new Map<number, string>();
  const visit = (id: number, caller: string): void => {
    const { callFrame, children = [] } = byId.get(id)!;
    const file = placeOf(callFrame, regionsOf) ?? caller;
    fileOf.set(id, file);
    for (const child of children) visit(child, file);
  };
  const byId = new Map(nodes.map((node) => [node.id, node]));
  visit(nodes[0]!.id, "V8 itself");

  const spent = new Map<string, number>();
  samples.forEach((id, index) => {
    const file = fileOf.get(id)!;
    if (file !== PROFILER) spent.set(file, (spent.get(file) ?? 0) + timeDeltas[index]!);
  });
  const all = [...spent.values()].reduce((sum, time) => sum + time, 0);
  return [...spent]
    .map(([file, time]): [string, number] => [file, time / all])
    .sort(([, one], [, other]) => other - one);
}

/** Undefined for what is built into V8: it works for its caller. */
function placeOf(
  { functionName, url, lineNumber }: Frame,
  regionsOf: Map<string, string[]>,
): string | undefined {
  if (functionName === "(garbage collector)") return "the garbage collector";
  if (url.startsWith(BUILT)) {
    const regions = regionsOf.get(url) ?? readRegions(url);
    regionsOf.set(url, regions);
    return regions[lineNumber];
  }
  if (url === "node:inspector") return PROFILER;
  if (url.startsWith("node:")) return "Node: Request, Response, promises";
  if (url.includes("openapi-fetch")) return "openapi-fetch";
  return url === "" ? undefined : "the benchmark";
}

/** Line by line, which source file a built file has it from: the bundler says where each begins. */
function readRegions(built: string): string[] {
  let region = "the bundle";
  return readFileSync(fileURLToPath(built), "utf8")
    .split("\n")
    .map((line) => {
      region = /^\/\/#region (.*)$/.exec(line)?.[1] ?? region;
      return region;
    });
}
