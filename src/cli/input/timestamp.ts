/** Turns the timestamps that databases write into RFC 3339 UTC. */

/** That databases and time zones have: a larger one is a mistake. */
const OFFSET = "[+-](?:0\\d|1[0-5])(?::?[0-5]\\d)?";
const WHOLE_OFFSET = new RegExp(`^${OFFSET}$`);
/** A date; after it perhaps a time, with perhaps a fraction and an offset. */
const TIMESTAMP = new RegExp(
  `^(\\d{4}-\\d\\d-\\d\\d)(?:[T ](\\d\\d:\\d\\d)(?::(\\d\\d)(?:[.,](\\d{1,9}))?)?(?: ?(Z|UTC|${OFFSET}))?)?$`,
  "i",
);

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Offsets change at quarter hours. */
const OFFSET_KEPT_MS = 15 * MINUTE_MS;
/** Some two months, quarter by quarter. */
const MAX_OFFSETS = 6000;

/** `undefined` for text that is no timestamp; `"no offset"` where the time zone is not known. */
export type ReadTimestamp = (text: string) => string | "no offset" | undefined;

/** Throws a `RangeError` for a time zone that there is not. A reader of timestamps as PostgreSQL, MySQL, SQLite and ISO 8601 write them. A date alone is its midnight, by default in UTC. */
export function timestampReader(timezone: string | undefined): ReadTimestamp {
  const localOffset = timezone === undefined ? undefined : offsetOf(timezone);
  return (text) => {
    const [, date, time, second = "00", fraction = "", offset] = TIMESTAMP.exec(text.trim()) ?? [];
    if (date === undefined) return undefined;
    const plain = `${date}T${time ?? "00:00"}:${second}`;
    const localMs = Date.parse(`${plain}Z`);
    // Runtimes read February 30 as March 2.
    if (Number.isNaN(localMs) || !new Date(localMs).toISOString().startsWith(plain)) return undefined;
    const offsetMs = offset === undefined ? localOffset?.(localMs) : readOffset(offset);
    if (offsetMs === undefined && time !== undefined) return "no offset";
    const whole = new Date(localMs - (offsetMs ?? 0)).toISOString().slice(0, 19);
    return `${whole}${fraction === "" ? "" : `.${fraction}`}Z`;
  };
}

function readOffset(text: string): number {
  const [, sign, hours, minutes = "00"] = /^([+-])(\d\d):?(\d\d)?$/.exec(text) ?? [];
  if (sign === undefined) return 0;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
}

/** The offset of a local time in a time zone. Not every Node takes an offset for the name of one, and some take larger ones. */
function offsetOf(timezone: string): (localMs: number) => number {
  if (WHOLE_OFFSET.test(timezone)) return () => readOffset(timezone);
  if (/^[+-]/.test(timezone)) throw new RangeError(`${timezone} is no offset`);
  const zone = new Zone(timezone);
  return (localMs) => zone.offsetOf(localMs);
}

/** A time zone, by what the runtime knows of it. */
class Zone {
  readonly #format: Intl.DateTimeFormat;
  /** By the quarter hour of the local time. To format a date takes longer than everything else. */
  readonly #offsets = new Map<number, number>();

  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat("en", { timeZone: name, timeZoneName: "longOffset" });
  }

  /** Of a local time. One that comes twice is the first; one that is left out counts on from the time before. */
  offsetOf(localMs: number): number {
    const quarter = Math.floor(localMs / OFFSET_KEPT_MS);
    let offset = this.#offsets.get(quarter);
    if (offset === undefined) {
      const before = this.#offsetAt(localMs - DAY_MS);
      const after = this.#offsetAt(localMs + DAY_MS);
      offset =
        [before, after].find((candidate) => this.#offsetAt(localMs - candidate) === candidate) ?? before;
      if (this.#offsets.size >= MAX_OFFSETS) this.#offsets.clear();
      this.#offsets.set(quarter, offset);
    }
    return offset;
  }

  #offsetAt(utcMs: number): number {
    const text = this.#format.format(utcMs);
    const [, sign, hours, minutes, seconds = "0"] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text) ?? [];
    if (sign === undefined) return 0;
    return (
      (sign === "-" ? -1 : 1) * ((Number(hours) * 60 + Number(minutes)) * MINUTE_MS + Number(seconds) * 1000)
    );
  }
}
