import { isDeepStrictEqual } from "node:util";
import { documentIn, parseDocument } from "./document.ts";
import type { JsonObject } from "./json.ts";
import { type Page, routesOf } from "./merge.ts";
import { sha256 } from "./provenance.ts";
import { readSource } from "./source.ts";
import { SpecError } from "./spec-error.ts";
import { isEdited, type StoredDocument } from "./stored.ts";

/** A document that is in openapi/ or on its way there. */
export interface Document extends StoredDocument, Page {
  /** Whether it is to be written. */
  isNew: boolean;
}

interface Request {
  /** The day to write into the provenance, as YYYY-MM-DD. */
  today: string;
  /** Ends the fetching of an address. */
  signal: AbortSignal;
}

/** Reads the document that the input leads to, and what it means for the stored ones. */
export async function readGiven(input: string, stored: Document[], request: Request): Promise<Document> {
  const { text: source, name, page: address } = await readSource(input, request.signal);
  const text = documentIn(source, name);
  const document = parseDocument(text, name);

  const [old, ...more] = stored.filter((other) => haveRouteInCommon(other, { document }));
  const earlier = more.length === 0 ? old : undefined;
  if (earlier !== undefined && !isEdited(earlier) && isDeepStrictEqual(earlier.document, document)) {
    return { ...earlier, name };
  }
  const page = address ?? earlier?.provenance.page;
  const provenance = {
    file: fileFor(document, name),
    ...(page !== undefined && { page }),
    imported: request.today,
    sha256: sha256(text),
  };
  return { name, text, document, provenance, isNew: true };
}

export function haveRouteInCommon(one: Pick<Page, "document">, other: Pick<Page, "document">): boolean {
  const routes = routesOf(other.document);
  return routesOf(one.document).some((route) => routes.includes(route));
}

/** The name of its first route, so that a newer page finds the file of the one before. */
function fileFor(document: JsonObject, name: string): string {
  const [route] = routesOf(document);
  const words = route?.match(/[\w-]+/g);
  if (words) return `${words.join("-")}.json`;
  throw new SpecError(`${name}: the document describes no route. Give the page of a route.`);
}
