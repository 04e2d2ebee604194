import { isObject, type Json, type JsonObject } from "./json.ts";
import { placeAt } from "./place.ts";
import type { Change } from "./redocly.ts";

interface Entry {
  breaking: boolean;
  text: string;
}

const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/** One text for each change, breaking ones first, then the sum. Breaking is what breaks a caller of the API. */
export function describeChanges(changes: Change[], before: JsonObject, after: JsonObject): string[] {
  const entries = changes.flatMap((change) => describe(change, change.kind === "removed" ? before : after));
  const breaking = entries.filter((entry) => entry.breaking);
  const harmless = entries.filter((entry) => !entry.breaking);
  return [
    ...breaking.map(({ text }) => `  BREAKING      ${text}`),
    ...harmless.map(({ text }) => `  not breaking  ${text}`),
    `${breaking.length} breaking, ${harmless.length} not breaking.`,
  ];
}

function describe(change: Change, document: JsonObject): Entry[] {
  const { kind, typeName, base, revision } = change;
  const { part, field, sent } = placeAt(change.path, document);
  const subject = field === undefined ? part : `${part}: field \`${field}\``;
  // Redocly calls a removed request field harmless, since a server may ignore it. Its sender has lost a feature.
  const lostField = kind === "removed" && sent && /\/properties\/[^/]+$/.test(change.path);
  const breaking = change.impact === "major" || lostField;
  if (kind === "modified") return modifications(change, subject, sent, breaking);
  const value = (base ?? revision)?.value;
  if (typeName === "PathItem") {
    const present = methods.filter((method) => isObject(value) && method in value);
    return present.map((method) => ({ breaking, text: `operation ${method.toUpperCase()} ${part} ${kind}` }));
  }
  if (typeName === "Operation") return [{ breaking, text: `operation ${part} ${kind}` }];
  const type = isObject(value) && typeof value.type === "string" ? ` (${value.type})` : "";
  return [{ breaking, text: `${subject} ${kind}${type}` }];
}

function modifications(change: Change, subject: string, sent: boolean, breaking: boolean): Entry[] {
  const property = change.property ?? "value";
  const [old, now] = [change.base?.value, change.revision?.value];
  if (!Array.isArray(old) || !Array.isArray(now)) {
    return [{ breaking, text: `${subject}: ${difference(property, old, now)}` }];
  }
  // Of a list that gained and lost entries, one half is harmless. A new required field breaks a request, not an answer;
  // a new enum value breaks an answer, not a request.
  const gainBreaks = (property === "required") === sent;
  const words = listWords(property);
  return [
    ...now
      .filter((entry) => !old.includes(entry))
      .map((entry) => ({
        breaking: breaking && gainBreaks,
        text: `${subject}: ${words.gained(entry)}`,
      })),
    ...old
      .filter((entry) => !now.includes(entry))
      .map((entry) => ({
        breaking: breaking && !gainBreaks,
        text: `${subject}: ${words.lost(entry)}`,
      })),
  ];
}

function listWords(property: string): { gained(entry: Json): string; lost(entry: Json): string } {
  if (property === "required") {
    return {
      gained: (name) => `\`${name}\` is now required`,
      lost: (name) => `\`${name}\` is no longer required`,
    };
  }
  const entry = (value: Json) => `${property} value ${JSON.stringify(value)}`;
  return { gained: (value) => `${entry(value)} added`, lost: (value) => `${entry(value)} removed` };
}

function difference(property: string, old: Json | undefined, now: Json | undefined): string {
  if (property === "description" || property === "summary") return `${property} reworded`;
  if (property === "key") return `took the place of ${old}`;
  if (old === undefined) return `${property} set to ${JSON.stringify(now)}`;
  if (now === undefined) return `${property} removed, was ${JSON.stringify(old)}`;
  const numbers = typeof old === "number" && typeof now === "number";
  const verb = !numbers ? "changed" : now < old ? "lowered" : "raised";
  return `${property} ${verb} from ${JSON.stringify(old)} to ${JSON.stringify(now)}`;
}
