import { readFile } from "node:fs/promises";
import { reasonOf, SpecError } from "./spec-error.ts";

export interface Source {
  text: string;
  /** The path, or the address without its query and fragment: they may hold a secret. */
  name: string;
  /** The address for the provenance. A path on one machine says nothing to others. */
  page?: string;
}

/** Reads a file, or fetches an http(s) address. */
export async function readSource(input: string, signal: AbortSignal): Promise<Source> {
  if (!/^https?:/i.test(input)) return { text: await readLocal(input), name: input };
  const address = parseAddress(input);
  const page = address.origin + address.pathname;
  return { text: await fetchText(address, page, signal), name: page, page };
}

async function readLocal(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (thrown) {
    throw new SpecError(`${path}: cannot be read (${reasonOf(thrown)}). Check the path.`);
  }
}

function parseAddress(input: string): URL {
  let address: URL;
  try {
    address = new URL(input);
  } catch {
    throw new SpecError("The address is not a valid URL. Check it.");
  }
  if (address.username === "" && address.password === "") return address;
  throw new SpecError(
    "The address contains a user name or a password, which is not supported. Save the page and import the file.",
  );
}

async function fetchText(address: URL, name: string, signal: AbortSignal): Promise<string> {
  try {
    const response = await fetch(address, { signal });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return await response.text();
  } catch (thrown) {
    throw new SpecError(
      `${name}: cannot be fetched (${reasonOf(thrown)}). Check the address, or save the page and import the file.`,
    );
  }
}
