import fc from "fast-check";
import { expect, test } from "vitest";
import { isOrdinaryWrapped, problemOfWrapped } from "../../src/actions/value-rules.ts";

const RUNS = { numRuns: 2000 };

/** As the runtime reads it. It takes February 30 for March 2, so the parsed date must be the one that was given. */
function isDate(text: string): boolean {
  const time = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|[+-]00:00)$/.exec(text)?.[1];
  const parsed = new Date(`${time}Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(`${time}.`);
}

function isUrl(text: string): boolean {
  try {
    new URL(text);
    return true;
  } catch {
    return false;
  }
}

const twoDigits = (max: number) => fc.nat(max).map((number) => `${number}`.padStart(2, "0"));
const years = fc.oneof(
  fc.nat(9999).map((year) => `${year}`.padStart(4, "0")),
  fc.constantFrom("0000", "1900", "2000", "2024", "2100", "2400", "999", "10000"),
);
const dates = fc
  .tuple(years, twoDigits(13), twoDigits(32), twoDigits(25), twoDigits(61), twoDigits(61))
  .map(([year, month, day, hour, minute, second]) => `${year}-${month}-${day}T${hour}:${minute}:${second}`);
const ends = fc.constantFrom(
  "Z",
  "z",
  "",
  ".5Z",
  ".123456789Z",
  ".Z",
  "+00:00",
  "-00:00",
  "+01:00",
  "Z\n",
  " Z",
);

test("a date is valid where the runtime reads the very same date", () => {
  const check = (text: string) => {
    expect([text, problemOfWrapped("date", text) === undefined]).toEqual([text, isDate(text)]);
    expect([text, isOrdinaryWrapped("date", text)]).toEqual([text, isDate(text)]);
  };
  fc.assert(
    fc.property(dates, ends, (date, end) => check(date + end)),
    RUNS,
  );
});

test("the last days of every month of 400 years are judged as the runtime judges them", () => {
  const wrong: string[] = [];
  for (let year = 1900; year < 2300; year++) {
    for (let month = 1; month <= 12; month++) {
      for (const day of [1, 28, 29, 30, 31]) {
        const text = `${year}-${`${month}`.padStart(2, "0")}-${`${day}`.padStart(2, "0")}T00:00:00Z`;
        if (isDate(text) !== isOrdinaryWrapped("date", text)) wrong.push(text);
      }
    }
  }
  expect(wrong).toEqual([]);
});

const schemes = fc.constantFrom(
  "https://",
  "http://",
  "HTTPS://",
  "https:/",
  "ftp://",
  "mailto:",
  "https:",
  "//",
  "",
);
const hostParts = fc.array(
  fc.oneof(
    fc.constantFrom(
      "a",
      "fr",
      "xn--",
      "xn--a",
      "-",
      "--",
      ".",
      "..",
      "1",
      "256",
      "0x1",
      "1e5",
      "%",
      "[::1]",
      "é",
      "_",
      "@",
      " ",
      "A",
    ),
    fc.string({ maxLength: 3 }),
  ),
  { maxLength: 5 },
);
const ports = fc.constantFrom("", ":", ":0", ":80", ":9999", ":65535", ":65536", ":99999", ":a", ":-1");
const paths = fc.oneof(
  fc.webPath(),
  fc.string({ maxLength: 8 }).map((text) => `/${text}`),
  fc.constantFrom("?", "#", "?a=b#c", "\\", '/"', "/ ", "/%zz", "@b", "/\n", "\u0000"),
);
const addresses = fc.oneof(
  fc
    .tuple(schemes, hostParts, ports, paths)
    .map(([scheme, host, port, path]) => scheme + host.join("") + port + path),
  fc
    .tuple(schemes, hostParts, ports, paths)
    .map(([scheme, host, port, path]) => scheme + host.join(".") + port + path),
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  fc.string(),
);

test("an address is valid where the runtime parses it", () => {
  fc.assert(
    fc.property(addresses, (text) => {
      expect([text, problemOfWrapped("url", text) === undefined]).toEqual([text, isUrl(text)]);
      if (!isOrdinaryWrapped("url", text)) return;
      expect([text, isUrl(text), JSON.stringify(text)]).toEqual([text, true, `"${text}"`]);
    }),
    { numRuns: 10_000 },
  );
});

test.each(["https://example.com/image.jpg", "http://localhost:8080", "https://a-b.example.org?q=1#top"])(
  "%s needs no parser",
  (text) => {
    expect(isOrdinaryWrapped("url", text)).toBe(true);
  },
);

test("an ordinary address is no longer than others may be", () => {
  const text = `https://a.fr/${"x".repeat(2035)}`;
  expect(text).toHaveLength(2048);
  expect(isOrdinaryWrapped("url", text)).toBe(true);
  expect(isOrdinaryWrapped("url", `${text}x`)).toBe(false);
  expect(problemOfWrapped("url", `${text}x`)).toMatch(/at most 2048 characters/);
});

test("a date may have a fraction of any length", () => {
  expect(problemOfWrapped("date", `2026-11-23T09:30:00.${"0".repeat(3000)}Z`)).toBeUndefined();
});
