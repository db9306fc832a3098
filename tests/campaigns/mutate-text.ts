import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The same numbers for the same seed, on every machine: xorshift32. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.imul(seed + 1, 0x9e3779b1) | 1) >>> 0;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state % limit;
  }

  one<T>(items: readonly [T, ...T[]] | readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("nothing to choose from");
    return item;
  }
}

const root = join(import.meta.dirname, "..", "..");

/** Every text of Weft in the project: the standard library, the models and the samples. */
export function corpus(): readonly string[] {
  return ["stdlib", "models", "tests/samples"]
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".weft"))
        .sort()
        .map((name) => readFileSync(join(root, folder, name), "utf8")),
    )
    .filter((text) => text.length < 10_000);
}

/** What a lexer of ours sees, roughly: words, numbers, strings, signs, space. */
const pieces = /\w+|"[^"\n]*"|\/\/[^\n]*|\s+|./gu;

const words = [
  ...["model", "module", "fn", "mode", "axis", "param", "state", "buffer", "use", "slot", "repeat"],
  ...[
    "let",
    "for",
    "in",
    "if",
    "else",
    "true",
    "none",
    "div",
    "not",
    "and",
    "import",
    "from",
    "with",
  ],
  ...["where", "stage", "weights", "map", "step", "x", "B", "N", "i32", "f32", "sum", "zeros"],
  ...["(", ")", "[", "]", "{", "}", "<", ">", ",", ":", "=", "->", "..", "+", "-", "*", "/", "^"],
  ...["%", "|>", ":=", "++", "==", ".", '"', "0", "1", "-1", "0.5", "1e999", "65536", "4294967296"],
  ...[
    "9007199254740991",
    "9007199254740993",
    "1000000000",
    "\n",
    "\t",
    "\0",
    "\u001b[2J",
    "é",
    "😀",
    "#",
  ],
] as const;

/** One text made from others by a few changes: most are wrong somewhere, some are still right. */
export function mutated(texts: readonly string[], seed: number): string {
  const chance = new Chance(seed);
  let tokens = [...(chance.one(texts).match(pieces) ?? [])];
  const changes = 1 + chance.below(6);
  for (let change = 0; change < changes; change++) {
    const at = chance.below(tokens.length + 1);
    const length = 1 + chance.below(12);
    switch (chance.below(8)) {
      case 0:
        tokens.splice(at, length);
        break;
      case 1:
        tokens.splice(at, 0, chance.one(words));
        break;
      case 2:
        tokens.splice(at, 1, chance.one(words));
        break;
      case 3:
        tokens.splice(at, 0, ...tokens.slice(at, at + length));
        break;
      case 4: {
        const [from] = tokens.splice(at, 1);
        if (from !== undefined) tokens.splice(chance.below(tokens.length + 1), 0, from);
        break;
      }
      case 5: {
        const other = [...(chance.one(texts).match(pieces) ?? [])];
        const start = chance.below(other.length + 1);
        tokens.splice(at, 0, ...other.slice(start, start + 4 * length));
        break;
      }
      case 6:
        tokens = chance.below(4) === 0 ? tokens.slice(0, at) : tokens;
        break;
      default: {
        const repeated = tokens.slice(at, at + length);
        const times = chance.one([3, 30, 300]);
        for (let time = 0; time < times; time++) tokens.splice(at, 0, ...repeated);
      }
    }
  }
  return tokens.join("");
}
