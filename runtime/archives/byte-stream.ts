/** Pieces of bytes in their order, as files and decompressors give them. */
export type BytePieces = AsyncIterable<Uint8Array>;

/** Takes a stream of pieces apart at other places. */
export class ByteStream {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest = new Uint8Array();

  constructor(pieces: BytePieces) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** The next so many bytes, or fewer where the stream ends. */
  async take(length: number): Promise<Uint8Array> {
    if (this.#rest.length >= length) return this.#cut(length);
    const parts: Uint8Array[] = [];
    let found = 0;
    for (
      let part = await this.#some(length);
      part.length > 0;
      part = await this.#some(length - found)
    ) {
      parts.push(part);
      found += part.length;
    }
    const bytes = new Uint8Array(found);
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  /** Passes over so many bytes, and says how many there were. */
  async skip(length: number): Promise<number> {
    let passed = 0;
    while (passed < length) {
      const part = await this.#some(length - passed);
      if (part.length === 0) break;
      passed += part.length;
    }
    return passed;
  }

  /** Lets go of where the bytes come from. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  /** At least one byte and at most so many; none at the end, or where none are asked for. */
  async #some(most: number): Promise<Uint8Array> {
    if (most === 0) return new Uint8Array();
    while (this.#rest.length === 0) {
      const { done, value } = await this.#pieces.next();
      if (done === true) return new Uint8Array();
      this.#rest = new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
    }
    return this.#cut(Math.min(most, this.#rest.length));
  }

  #cut(length: number): Uint8Array {
    const part = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return part;
  }
}
