// What tasks share whose models answer with a text: captions, and questions about images.
import type { Scored } from "../tally.ts";

/** A question about an image, or the wish for a caption of it. */
export interface TextItem {
  /** Unique within the task. */
  readonly id: string;
  /** What the bootstrap draws: the image, the document. */
  readonly unit: string;
  /** The image's path from the folder of the data; empty where only predictions are scored. */
  readonly image: string;
  /** The question as its file has it; empty for captions. */
  readonly question: string;
  /** What people answered; empty where the answers are not public. */
  readonly references: readonly string[];
  /** The part of the set that it belongs to: a category, a subtask, an ability. */
  readonly group?: string;
  /** Further kinds by which scores are told, by name: `answer_type`. */
  readonly kinds?: Readonly<Record<string, string>>;
}

/** Scores texts, one for each item. */
export type TextMetric = (items: readonly TextItem[], outputs: readonly string[]) => Scored;

/** Positions of items by a key, in order of first appearance. */
export function positionsBy<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
): ReadonlyMap<string, readonly number[]> {
  const groups = new Map<string, number[]>();
  for (const [position, item] of items.entries()) {
    const key = keyOf(item);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(position);
  }
  return groups;
}
