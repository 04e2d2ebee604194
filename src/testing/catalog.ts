// Which audiences there are, and who is in each.

/** As they are sent: dates and URLs are strings by then. */
export type Attributes = Record<string, unknown>;

export type Content = Map<string, Attributes>;

export interface Description {
  /** As answers spell it. */
  type: string;
  displayName: string | undefined;
}

export interface Listed extends Description {
  readonly name: string;
  /** Grows with each audience: a place in the list that outlives what is before it and after it. */
  readonly place: number;
}

export class Catalog {
  /** In the order of their places. */
  readonly #listed = new Map<string, Listed>();
  readonly #contents = new Map<string, Content>();
  readonly #removed = new Set<string>();
  readonly #isOpen: boolean;
  #places = 0;

  /** Without names there is an audience of each name, until it is removed; those that were used are listed. */
  constructor(names?: readonly string[]) {
    this.#isOpen = names === undefined;
    for (const name of names ?? []) this.add(name);
  }

  has(name: string): boolean {
    return this.#listed.has(name) || (this.#isOpen && !this.#removed.has(name));
  }

  isListed(name: string): boolean {
    return this.#listed.has(name);
  }

  /** Changes nothing when it is listed already. */
  add(name: string, description = defaultDescription(name)): void {
    if (!this.#listed.has(name)) this.#listed.set(name, { ...description, name, place: ++this.#places });
  }

  remove(name: string): void {
    this.#listed.delete(name);
    this.#removed.add(name);
    this.content(name).clear();
  }

  /** Live, not a copy: it changes as more is applied. */
  content(name: string): Content {
    const content = this.#contents.get(name) ?? new Map<string, Attributes>();
    this.#contents.set(name, content);
    return content;
  }

  describe(name: string): Description {
    return this.#listed.get(name) ?? defaultDescription(name);
  }

  /** All those listed after a place. */
  list(after = 0): Listed[] {
    return [...this.#listed.values()].filter(({ place }) => place > after);
  }
}

function defaultDescription(name: string): Description {
  return { type: "CUSTOM_ID", displayName: name };
}
