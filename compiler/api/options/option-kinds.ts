import { describeValue } from "../../../runtime/describe-value.ts";
import { fault } from "../../../runtime/faults.ts";
import { nearestName } from "../../../runtime/weights/nearest-name.ts";

/** Values that an option takes: in words, and as a test. */
interface OptionKind {
  readonly needed: string;
  readonly accepts: (value: unknown) => boolean;
}

/** A kind for each option of a type: leaving one out is a type error. */
export type OptionTable<Options> = { readonly [Name in keyof Options]-?: OptionKind };

/**
 * Looks at the options of a call before anything is done with them: unknown names, values of other types, and what
 * cannot be left out. An option that is `undefined` was not given.
 *
 * @throws {RuntimeFault} `option-unknown`, `option-invalid` or `option-missing`.
 */
export function assertOptions<Options>(
  call: string,
  given: unknown,
  table: OptionTable<Options>,
  required: readonly (keyof Options & string)[] = [],
): void {
  if (!isRecord(given))
    throw fault("option-invalid", {
      call,
      name: "options",
      given: describeValue(given),
      needed: "an object",
    });
  const kinds: Readonly<Record<string, OptionKind>> = table;
  const known = Object.keys(kinds);
  for (const [name, value] of Object.entries(given)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined)
      throw fault("option-unknown", { call, name, known, nearest: nearestName(name, known) });
    if (value !== undefined && !kind.accepts(value))
      throw fault("option-invalid", {
        call,
        name,
        given: describeValue(value),
        needed: kind.needed,
      });
  }
  for (const name of required)
    if (given[name] === undefined)
      throw fault("option-missing", { call, name, needed: table[name].needed });
}

export const text: OptionKind = {
  needed: "a text",
  accepts: (value) => typeof value === "string",
};

export const truth: OptionKind = {
  needed: "true or false",
  accepts: (value) => typeof value === "boolean",
};

export const callback: OptionKind = {
  needed: "a function",
  accepts: (value) => typeof value === "function",
};

export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): OptionKind {
  const upTo = most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`;
  return {
    needed: `a whole number from ${least}${upTo}${upTo === "" ? " on" : ""}`,
    accepts: (value) =>
      Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most,
  };
}

/** A finite number for which `isInRange` holds, which `needed` says in words. */
export function number(needed: string, isInRange: (value: number) => boolean): OptionKind {
  return {
    needed: `a number, ${needed}`,
    accepts: (value) => typeof value === "number" && Number.isFinite(value) && isInRange(value),
  };
}

export function oneOf(choices: readonly string[]): OptionKind {
  const shown = choices.map((choice) => JSON.stringify(choice));
  return {
    needed: shown.join(" or "),
    accepts: (value) => typeof value === "string" && choices.includes(value),
  };
}

export function anyOf(...kinds: readonly OptionKind[]): OptionKind {
  return {
    needed: kinds.map(({ needed }) => needed).join(", or "),
    accepts: (value) => kinds.some((kind) => kind.accepts(value)),
  };
}

export function listOf(kind: OptionKind, things: string): OptionKind {
  return {
    needed: `a list of ${things}`,
    accepts: (value) => Array.isArray(value) && value.every((one) => kind.accepts(one)),
  };
}

/** A record by names that only the program knows. */
export function recordOf(kind: OptionKind, things: string): OptionKind {
  return {
    needed: `an object of ${things}`,
    accepts: (value) =>
      isRecord(value) &&
      Object.values(value).every((one) => one === undefined || kind.accepts(one)),
  };
}

/** Anything that satisfies the test. */
export function thing(needed: string, accepts: (value: unknown) => boolean): OptionKind {
  return { needed, accepts };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
