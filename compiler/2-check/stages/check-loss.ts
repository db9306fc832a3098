import { nearestNames } from "../../diagnostics/suggest.ts";
import type { BlockSyntax } from "../../ir/syntax/syntax.ts";
import type { Checker } from "../core/checker.ts";
import type { Reporting } from "../core/contexts.ts";
import { describe } from "../core/describe.ts";
import type { Env } from "../core/entity.ts";
import { asOperand } from "../values/coerce.ts";
import type { CheckedLoss, LoggedNumber } from "./checked-stage.ts";
import { entriesOf, type StagePlan } from "./stage-plans.ts";

/** The loss of a plan and what of it is logged; undefined where there is none, or after a report. */
export function checkLoss(checker: Checker, env: Env, plan: StagePlan): CheckedLoss | undefined {
  const [loss] = entriesOf(plan, "loss");
  const body = loss?.body;
  const watched = checkWatched(checker, plan, body);
  if (body === undefined) return undefined;
  return checkNumber(checker, env, body) ? { body, watched } : undefined;
}

/** The loss of a stage is one f32 number. */
function checkNumber(checker: Checker, env: Env, body: BlockSyntax): boolean {
  const entity = checker.runBlock(checker, env, body);
  const span = body.statements.at(-1)?.span ?? body.span;
  const operand = asOperand(checker, env, entity, span);
  if (entity.kind === "error" || operand?.kind === "error") return false;
  if (
    operand?.kind === "static" &&
    (operand.value.type === "float" || operand.value.type === "int")
  )
    return true;
  const type = operand?.kind === "tensor" ? operand.value.type : undefined;
  if (type?.element === "f32" && type.axes.length === 0) return true;
  const found = describe(checker, env, entity);
  const isNumber = type?.element === "real" && type.axes.length === 0;
  const hint = isNumber ? { hint: "`f32(...)` converts it" } : {};
  checker.sink.report("result-mismatch", span, { where: "`loss`", needed: "f32[]", found }, hint);
  return false;
}

/** `watch` logs names of the top level of the loss. */
function checkWatched(
  context: Reporting,
  plan: StagePlan,
  loss: BlockSyntax | undefined,
): readonly string[] {
  const known = (loss?.statements ?? []).flatMap((statement) =>
    statement.kind === "let" ? statement.names.map((name) => name.text) : [],
  );
  const names = entriesOf(plan, "watch").flatMap((entry) => entry.names);
  for (const name of names) {
    if (known.includes(name.text)) {
      if (!Object.hasOwn(loggedAlways, name.text)) continue;
      const own = loggedAlways[name.text as keyof typeof loggedAlways];
      const params = { name: name.text, where: "what is logged" };
      const hint = `${own} is logged under this name: call the \`let\` otherwise`;
      context.sink.report("declared-twice", name.span, params, { hint });
      continue;
    }
    const params = {
      kind: "`let` at the top of the loss",
      name: name.text,
      nearest: nearestNames(name.text, known),
    };
    const isLoss = name.text === "loss";
    const hint = isLoss ? { hint: "the loss itself is always logged" } : {};
    context.sink.report("unknown-name", name.span, params, hint);
  }
  return names.flatMap(({ text }) => (known.includes(text) ? [text] : []));
}

/** What every step of training logs, by its name. */
const loggedAlways: Readonly<Record<"loss" | LoggedNumber, string>> = {
  loss: "the loss itself",
  norm: "the norm of the gradient",
  lr: "the factor of the schedule",
  skipped: "how many steps were skipped in a row",
  loss_scale: "the scale of the loss",
};
