import type { Label } from "../../diagnostics/diagnostic.ts";
import type { Size } from "../../dims/size.ts";
import type { Span } from "../../source/source-file.ts";
import type { Checker } from "./checker.ts";
import { describeSize } from "./describe.ts";
import type { Env } from "./entity.ts";

interface SizeQuestion {
  readonly where: string;
  readonly what: string;
  /** The other side, for the second span. */
  readonly related: Span | undefined;
  /** Under the carets. */
  readonly label?: string;
  /** Where the size that was found comes from. */
  readonly reasons?: readonly Label[];
}

/** Compares two sizes and reports how they differ. In the generic check what is open stays open. */
export function sizesEqual(
  checker: Checker,
  env: Env,
  found: Size,
  needed: Size,
  span: Span,
  question: SizeQuestion,
): boolean {
  const comparison = checker.sizes.compare(found, needed, env.frame.facts);
  if (comparison.kind === "equal") return true;
  const [left, right] = [describeSize(checker, found), describeSize(checker, needed)];
  const related =
    question.related === undefined
      ? []
      : [{ span: question.related, text: `${right} is needed here` }];
  if (comparison.kind === "unknown") {
    checker.sink.report("fact-unknown", span, { fact: `${left} == ${right}` }, { related });
    return false;
  }
  const { example } = comparison;
  const values = [...example.values].map(([name, value]) => `${name} = ${value}`);
  const notes =
    values.length === 0
      ? []
      : [`for ${values.join(", ")} it is ${example.left}, and not ${example.right}`];
  checker.sink.report(
    "size-mismatch",
    span,
    { where: question.where, what: question.what, needed: right, found: left },
    {
      notes,
      related: [...related, ...(question.reasons ?? [])],
      label: question.label,
    },
  );
  return false;
}
