import type { Piece } from "./read-sentencepiece-model.ts";

/** Pieces to text, one after the other, as SentencePiece does it: what is certain comes out at once. */
export class PieceDecoder {
  readonly #unknownSurface: string;
  /** How many spaces at the start of the text are not of the text. */
  readonly #drops: "none" | "one" | "all";
  readonly #bytes: number[] = [];
  /** Whether the space that encoding puts in front may still come. */
  #isAtStart = true;

  constructor(unknownSurface: string, drops: "none" | "one" | "all") {
    this.#unknownSurface = unknownSurface;
    this.#drops = drops;
  }

  push({ text, kind }: Piece): string {
    if (kind === "byte") {
      this.#bytes.push(Number.parseInt(text.slice(3, 5), 16));
      return this.#started(takeCharacters(this.#bytes, false));
    }
    const before = this.end();
    const surface = kind === "control" ? "" : kind === "unknown" ? this.#unknownSurface : text;
    const mayDrop = this.#isAtStart && this.#drops !== "none" && kind !== "unknown";
    const drops = mayDrop && surface.startsWith("▁");
    if (drops && this.#drops === "one") this.#isAtStart = false;
    const after = (drops ? surface.slice(1) : surface).replaceAll("▁", " ");
    return before + this.#started(after);
  }

  /** What waited for more bytes. */
  end(): string {
    return this.#started(takeCharacters(this.#bytes, true));
  }

  #started(text: string): string {
    if (text !== "") this.#isAtStart = false;
    return text;
  }
}

/**
 * Takes whole UTF-8 characters from the front of a list; each byte that belongs to none becomes U+FFFD
 * (other decoders make one of several). What more bytes may complete stays, unless none will come.
 */
function takeCharacters(bytes: number[], isEnd: boolean): string {
  let text = "";
  while (bytes.length > 0) {
    const found = characterAt(bytes);
    if (found === "incomplete" && !isEnd) break;
    if (typeof found === "object") {
      text += String.fromCodePoint(found.code);
      bytes.splice(0, found.length);
    } else {
      text += "\ufffd";
      bytes.shift();
    }
  }
  return text;
}

function characterAt(
  bytes: readonly number[],
): { readonly code: number; readonly length: number } | "incomplete" | "wrong" {
  const [first = 0] = bytes;
  if (first < 0x80) return { code: first, length: 1 };
  const length = first >= 0xf8 ? 0 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;
  if (length === 0) return "wrong";
  let code = first & (0x7f >> length);
  for (const byte of bytes.slice(1, length)) {
    if ((byte & 0xc0) !== 0x80) return "wrong";
    code = code * 64 + (byte & 0x3f);
  }
  if (bytes.length < length) return "incomplete";
  const least = [0, 0, 0x80, 0x800, 0x10000][length] ?? 0;
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  return code < least || code > 0x10ffff || isSurrogate ? "wrong" : { code, length };
}
