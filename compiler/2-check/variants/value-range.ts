import { quote } from "../../diagnostics/phrase.ts";
import type { StaticValue } from "../../ops/surface/surface.ts";
import type { Span } from "../../source/source-file.ts";
import type { GraphMaking, Reporting } from "../core/contexts.ts";

/** What a number of a stage may be. */
export interface ValueRange {
  /** Behind "must be". */
  readonly says: string;
  readonly holds: (value: number) => boolean;
}

export const atLeastZero: ValueRange = { says: "0 or more", holds: (value) => value >= 0 };
export const aboveZero: ValueRange = { says: "above 0", holds: (value) => value > 0 };
export const atLeastOne: ValueRange = { says: "1 or more", holds: (value) => value >= 1 };
/** A share that is kept or dropped, and never all of it. */
export const belowOne: ValueRange = {
  says: "0 or more and below 1",
  holds: (value) => value >= 0 && value < 1,
};

/** The number of a static value; undefined where it is unknown or none. */
export function numberIn({ sizes }: GraphMaking, value: StaticValue): number | undefined {
  if (value.type === "int") return sizes.valueOf(value.value);
  return value.type === "float" ? value.value : undefined;
}

/** Whose number it is, for messages. */
interface NumberOf {
  readonly name: string;
  readonly of?: string | undefined;
}

/** Whether a number is finite and in its range, which is reported where it is not. */
export function isInRange(
  { sink }: Reporting,
  { name, of }: NumberOf,
  value: number,
  { says, holds }: ValueRange,
  span: Span,
): boolean {
  if (Number.isFinite(value) && holds(value)) return true;
  const what = of === undefined ? quote(name) : `${quote(name)} of ${quote(of)}`;
  sink.report("stage-value", span, { what, value, needed: says });
  return false;
}
