import { inspect } from "node:util";
import { messageOf } from "../cli-errors.ts";
import type { TextOutput } from "../world.ts";
import { type Status, statusLine, statusText } from "./status-line.ts";
import { visible } from "./visible-text.ts";

const REDRAW_MS = 200;
const LOG_MS = 10_000;

export interface TerminalOptions {
  /** Whether a line can be rewritten. */
  isTerminal: boolean;
  color: boolean;
  quiet: boolean;
  /** Notes each request. */
  verbose: boolean;
  /** Shows the stacks of errors. */
  debug: boolean;
}

/** Standard error: notes, and one status line below them. */
export class Terminal {
  readonly #output: TextOutput;
  readonly #options: TerminalOptions;
  #timer: NodeJS.Timeout | undefined;
  #isDrawn = false;
  #needsBlankLine = false;

  constructor(output: TextOutput, options: TerminalOptions) {
    this.#output = output;
    this.#options = options;
  }

  error(text: string): void {
    this.#print(`${this.#paint("31", "error:")} ${visible(text)}`);
  }

  failure(error: unknown): void {
    // Indented, so that no line of a message looks like one of this program.
    const stack = () => inspect(error).split("\n").map(visible).join("\n    ");
    const text = this.#options.debug ? stack() : visible(messageOf(error));
    this.#print(`${this.#paint("31", "error:")} ${text}`);
  }

  warn(text: string): void {
    if (!this.#options.quiet) this.#print(`${this.#paint("33", "warning:")} ${visible(text)}`);
  }

  note(text: string): void {
    if (!this.#options.quiet) this.#print(visible(text));
  }

  /** A note for those who want to see each step. The text is made only for them. */
  detail(text: () => string): void {
    if (this.#options.verbose) this.note(text());
  }

  /** Shows a status until `stop`: redrawn on a terminal, now and then in a log. */
  follow(name: string, status: () => Status): void {
    const { isTerminal, quiet } = this.#options;
    if (quiet) return;
    const shown = visible(name);
    const show = (): void => {
      if (isTerminal) this.#draw(statusLine(shown, status(), this.#output.columns ?? 80));
      else this.#output.write(`${statusText(shown, status())}\n`);
    };
    this.stop();
    this.#timer = setInterval(show, isTerminal ? REDRAW_MS : LOG_MS);
    if (isTerminal) show();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#clear();
  }

  /** On a terminal, puts a blank line between a result and the next note. */
  separate(): void {
    this.#needsBlankLine = this.#options.isTerminal;
  }

  #print(text: string): void {
    this.#clear();
    if (this.#needsBlankLine) this.#output.write("\n");
    this.#needsBlankLine = false;
    this.#output.write(`${text}\n`);
  }

  #draw(line: string): void {
    this.#output.write(`\r${line}\u001b[K`);
    this.#isDrawn = true;
  }

  #clear(): void {
    if (this.#isDrawn) this.#output.write("\r\u001b[K");
    this.#isDrawn = false;
  }

  #paint(code: string, text: string): string {
    return this.#options.color ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}
