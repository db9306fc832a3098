// Predictions beside the items that they are for; what has no partner is told.
import { fault } from "../../faults.ts";
import type { Findings } from "../entries/findings.ts";
import type { TextItem } from "../scores/text-item.ts";
import type { GivenText } from "./text-predictions.ts";

export interface PairedTexts {
  readonly items: readonly TextItem[];
  /** In the order of the items. */
  readonly outputs: readonly string[];
  /** Items without a prediction, which count as wrong. */
  readonly missing: number;
}

interface PairOptions {
  readonly file: string;
  readonly allowMissing: boolean;
  /** Where ids begin again in each part of a set, its files are paired line by line. */
  readonly byOrder: boolean;
}

/** Pairs by id, or by order where the predictions have no ids of the references. */
export function pairTexts(
  given: readonly GivenText[],
  items: readonly TextItem[],
  { file, allowMissing, byOrder }: PairOptions,
  findings: Findings,
): PairedTexts {
  const known = new Set(items.map(({ id }) => id));
  if (byOrder && !given.every(({ id }) => id !== undefined && known.has(id)))
    return pairByOrder(given, items, file, findings);
  const texts = new Map<string, GivenText>();
  findings.each(given, (one) => {
    const { id, entry } = one;
    if (id === undefined) throw entry.wrong("it has no id");
    if (!known.has(id)) throw entry.wrong(`the references have no \`${id}\``);
    const other = texts.get(id);
    if (other !== undefined) throw entry.wrong(`\`${id}\` is at ${other.entry.place} already`);
    texts.set(id, one);
  });
  const missing = items.filter(({ id }) => !texts.has(id));
  const [first] = missing;
  if (first !== undefined && !allowMissing)
    findings.add(fault("prediction-missing", { file, id: first.id, others: missing.length - 1 }));
  return {
    items,
    outputs: items.map(({ id }) => texts.get(id)?.text ?? ""),
    missing: missing.length,
  };
}

function pairByOrder(
  given: readonly GivenText[],
  items: readonly TextItem[],
  file: string,
  findings: Findings,
): PairedTexts {
  if (given.length !== items.length) {
    const reason = `it has ${given.length} answers, and there are ${items.length} questions`;
    findings.add(fault("data-wrong", { file, place: "", reason }));
  }
  return { items, outputs: given.map(({ text }) => text), missing: 0 };
}

/** Predictions that bring their references along. */
export function ownReferences(given: readonly GivenText[], findings: Findings): PairedTexts {
  const items = findings.each(given, ({ id, references, entry }, index) => {
    if (references === undefined)
      throw entry.wrong("it brings no references along: name their file with --references");
    const own = id ?? String(index);
    return { id: own, unit: own, image: "", question: "", references };
  });
  return { items, outputs: given.map(({ text }) => text), missing: 0 };
}
