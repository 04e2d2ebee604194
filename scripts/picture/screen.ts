/** What a terminal shows of the text that a program writes, as far as the command line uses a terminal. */
export class Screen {
  readonly #columns: number;
  #lines: string[] = [""];
  #column = 0;

  constructor(columns: number) {
    this.#columns = columns;
  }

  /** Lines may end with carriage returns and erasures; colours are left out. */
  write(text: string): void {
    for (const [part] of text.matchAll(/\u001b\[[\d;]*[A-Za-z]|[\r\n]|[^\u001b\r\n]+/g)) this.#take(part);
  }

  /** Long lines go on in the next. There are no blank lines at the end. */
  lines(): string[] {
    const last = this.#lines.findLastIndex((line) => line.trim() !== "");
    const whole = new RegExp(`.{1,${this.#columns}}`, "gu");
    return this.#lines.slice(0, last + 1).flatMap((line) => line.trimEnd().match(whole) ?? [""]);
  }

  #take(part: string): void {
    const line = this.#lines.at(-1)!;
    if (part === "\n") {
      this.#lines.push("");
      this.#column = 0;
    } else if (part === "\r") this.#column = 0;
    else if (part === "\u001b[K") this.#lines[this.#lines.length - 1] = line.slice(0, this.#column);
    else if (!part.startsWith("\u001b")) {
      const end = this.#column + part.length;
      this.#lines[this.#lines.length - 1] =
        line.slice(0, this.#column).padEnd(this.#column) + part + line.slice(end);
      this.#column = end;
    }
  }
}
