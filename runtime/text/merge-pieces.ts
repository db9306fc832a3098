import { MergeQueue } from "./merge-queue.ts";
import type { PieceVocabulary } from "./piece-vocabulary.ts";

/**
 * Byte-pair encoding as in SentencePiece: starts from characters and merges, again and again, the two
 * neighbours whose piece has the best score, the leftmost first. O(n log n).
 */
export function mergePieces(text: string, vocabulary: PieceVocabulary): readonly string[] {
  const { starts, isFixed } = symbolsOf(text, vocabulary.fixed);
  const count = starts.length;
  if (count < 2) return count === 0 ? [] : [text];
  const lengths = Int32Array.from(starts, (start, i) => (starts[i + 1] ?? text.length) - start);
  const before = Int32Array.from(starts, (_, i) => i - 1);
  const after = Int32Array.from(starts, (_, i) => (i + 1 < count ? i + 1 : -1));
  const takenApart = new Map<string, readonly [string, string]>();
  const queue = new MergeQueue();

  const offer = (left: number, right: number) => {
    if (left < 0 || right < 0 || isFixed.has(left) || isFixed.has(right)) return;
    const length = (lengths[left] ?? 0) + (lengths[right] ?? 0);
    if (length > vocabulary.longest) return;
    const from = starts[left] ?? 0;
    const piece = text.slice(from, from + length);
    const id = vocabulary.ids.get(piece);
    if (id === undefined) return;
    queue.add(vocabulary.ranks[id] ?? 0, left, length);
    if (vocabulary.unused.has(id)) {
      const middle = starts[right] ?? 0;
      takenApart.set(piece, [text.slice(from, middle), text.slice(middle, from + length)]);
    }
  };

  for (let i = 1; i < count; i += 1) offer(i - 1, i);
  while (queue.take()) {
    const { place: left, length } = queue;
    const right = after[left] ?? -1;
    // Lengths only grow, and a symbol that was merged away has none: an equal sum means that both are as they were.
    if (right < 0 || !lengths[left] || (lengths[left] ?? 0) + (lengths[right] ?? 0) !== length)
      continue;
    lengths[left] = length;
    lengths[right] = 0;
    const next = after[right] ?? -1;
    after[left] = next;
    if (next >= 0) before[next] = left;
    offer(before[left] ?? -1, left);
    offer(left, next);
  }

  const pieces: string[] = [];
  for (let i = 0; i >= 0; i = after[i] ?? -1) {
    const start = starts[i] ?? 0;
    emit(text.slice(start, start + (lengths[i] ?? 0)), vocabulary, takenApart, pieces);
  }
  return pieces;
}

/** Characters, and pieces that are never taken apart. */
function symbolsOf(text: string, fixed: RegExp | undefined) {
  const starts: number[] = [];
  const isFixed = new Set<number>();
  for (let at = 0; at < text.length; ) {
    const length = fixedLength(text, at, fixed);
    if (length > 0) isFixed.add(starts.length);
    starts.push(at);
    at += length > 0 ? length : (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }
  return { starts, isFixed };
}

function fixedLength(text: string, at: number, fixed: RegExp | undefined): number {
  if (fixed === undefined) return 0;
  fixed.lastIndex = at;
  return fixed.exec(text)?.[0].length ?? 0;
}

/** Pieces that must not appear are given back as the two that they were made of. */
function emit(
  piece: string,
  vocabulary: PieceVocabulary,
  takenApart: ReadonlyMap<string, readonly [string, string]>,
  into: string[],
): void {
  const id = vocabulary.ids.get(piece);
  const parts = id !== undefined && vocabulary.unused.has(id) ? takenApart.get(piece) : undefined;
  if (parts === undefined) into.push(piece);
  else for (const part of parts) emit(part, vocabulary, takenApart, into);
}
