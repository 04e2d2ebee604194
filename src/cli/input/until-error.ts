/** Ends where the source fails, and holds the error: what came before is worth reading. */
export class UntilError<T> implements AsyncIterable<T> {
  failed = false;
  error: unknown;
  readonly #source: AsyncIterable<T>;

  constructor(source: AsyncIterable<T>) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      yield* this.#source;
    } catch (error) {
      this.failed = true;
      this.error = error;
    }
  }
}
