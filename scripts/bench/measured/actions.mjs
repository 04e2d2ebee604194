// The input of every benchmark: made up, and the same for the same numbers.

const CITIES = ["Lisbon", "Nantes", "Kraków", "Gent", "Bergen", "Bologna", "Aarhus", "Porto"];

/** A generator of actions. Nine in ten are adds, half of all have four attributes; `repeats` of the ids came before. */
export function* actions(count, { repeats = 0.2, seed = 1 } = {}) {
  const random = createRandom(seed);
  let distinct = 0;
  for (let record = 0; record < count; record++) {
    const number = random() < repeats && distinct > 0 ? Math.floor(random() * distinct) : distinct++;
    const id = `customer-${String(number).padStart(9, "0")}`;
    const chance = random();
    if (chance < 0.1) yield { action: "remove", id };
    else if (chance < 0.5) yield { action: "add", id };
    else {
      const city = CITIES[number % CITIES.length];
      const attributes = {
        first_name: `Name${number % 1000}`,
        city,
        orders: record % 50,
        newsletter: record % 3 === 0,
      };
      yield { action: "add", id, attributes };
    }
  }
}

/**
 * The same ids, each added with attributes like those of the example on the vendor's page: a number, a string, a date and an
 * address.
 */
export function* exampleActions(count, options) {
  let record = 0;
  for (const { id } of actions(count, options)) {
    const number = Number(id.slice(-9));
    const date = new Date(Date.UTC(2020, 0, 1) + (number % 100_000) * 1_000_000);
    const attributes = {
      att1: record++ % 50,
      att2: `string${number % 1000}`,
      "date(att15)": date.toISOString().replace(".000", ""),
      "url(att20)": `https://example.com/images/${number}.jpg`,
    };
    yield { action: "add", id, attributes };
  }
}

function createRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
