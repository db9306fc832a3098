import type { NeededBytes } from "./report-limits.ts";

/** A batch that a budget has no room for. */
interface TooLarge {
  /** Samples of the batch, and of a piece as it is tried. */
  readonly total: number;
  readonly piece: number;
  readonly needed: NeededBytes;
  /** Bytes. */
  readonly budget: number;
}

/**
 * The largest smaller piece that divides the batch and fits. `leastWith` says how many bytes the program needs at least
 * in pieces of a size, 0 where it fits, and undefined where it cannot be computed so. All but the fixed bytes grow with the
 * samples of a piece at most; so what a program needs in pieces of one size says which others may do, and few are tried.
 * The first that fits may be too small a guess: the next larger ones are tried as well.
 */
export function fittingPiece(
  { total, piece, needed: { least, fixed }, budget }: TooLarge,
  leastWith: (piece: number) => number | undefined,
): number | undefined {
  const divisors = Array.from({ length: Math.max(0, piece - 1) }, (_, n) => piece - 1 - n).filter(
    (size) => total % size === 0,
  );
  let known = { size: piece, bytes: least };
  let most = (piece * (budget - fixed)) / (least - fixed);
  let fits: number | undefined;
  for (let tries = 0; tries < mostTries; tries++) {
    const found = fits;
    const size =
      found === undefined
        ? divisors.find((one) => one <= most)
        : divisors.findLast((one) => one > found && one < known.size);
    const bytes = size && leastWith(size);
    if (size === undefined || bytes === undefined) return fits;
    if (bytes <= budget) {
      fits = size;
      continue;
    }
    const each = (known.bytes - bytes) / (known.size - size);
    most = Math.min(size - 1, size - (bytes - budget) / each);
    known = { size, bytes };
  }
  return fits;
}

/** Each compiles the program once more. */
const mostTries = 6;
