import { readFile } from "node:fs/promises";
import { reasonOf, SpecError } from "./spec-error.ts";

export interface Source {
  text: string;
  /** The page's address for the provenance, when it was fetched: a path on someone's disk says nothing to others. */
  page?: string;
}

/** Reads a file, or fetches an http(s) address. */
export async function readSource(input: string, timeoutMs: number): Promise<Source> {
  return /^https?:\/\//.test(input) ? fetchPage(input, timeoutMs) : { text: await readLocal(input) };
}

async function readLocal(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (thrown) {
    throw new SpecError(`${path}: cannot be read (${reasonOf(thrown)}). Check the path.`);
  }
}

async function fetchPage(url: string, timeoutMs: number): Promise<Source> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return { text: await response.text(), page: url };
  } catch (thrown) {
    throw new SpecError(
      `${url}: cannot be fetched (${reasonOf(thrown)}). Check the address, or save the page and import the file.`,
    );
  }
}
