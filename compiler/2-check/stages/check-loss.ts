import { nearestNames } from "../../diagnostics/suggest.ts";
import type { BlockSyntax, Named } from "../../ir/syntax/syntax.ts";
import { describe } from "../core/describe.ts";
import type { Elaboration } from "../core/elaboration.ts";
import type { Env } from "../core/meaning.ts";
import { asOperand } from "../values/coerce.ts";

/** The loss of a stage is one f32 number. */
export function checkLoss(on: Elaboration, env: Env, body: BlockSyntax): void {
  const meaning = on.runBlock(on, env, body);
  const span = body.statements.at(-1)?.span ?? body.span;
  const operand = asOperand(on, env, meaning, span);
  if (meaning.kind === "error" || operand?.kind === "error") return;
  if (
    operand?.kind === "static" &&
    (operand.value.type === "float" || operand.value.type === "int")
  )
    return;
  const type = operand?.kind === "tensor" ? operand.value.type : undefined;
  if (type?.element === "f32" && type.axes.length === 0) return;
  const found = describe(on, env, meaning);
  const isNumber = type?.element === "real" && type.axes.length === 0;
  const hint = isNumber ? { hint: "`f32(...)` converts it" } : {};
  on.sink.report("result-mismatch", span, { where: "`loss`", needed: "f32[]", found }, hint);
}

/** `watch` logs names of the top level of the loss. */
export function checkWatched(
  on: Elaboration,
  names: readonly Named[],
  loss: BlockSyntax | undefined,
): void {
  const known = (loss?.statements ?? []).flatMap((statement) =>
    statement.kind === "let" ? statement.names.map((name) => name.text) : [],
  );
  for (const name of names) {
    if (known.includes(name.text)) continue;
    on.sink.report("unknown-name", name.span, {
      kind: "`let` at the top of the loss",
      name: name.text,
      nearest: nearestNames(name.text, known),
    });
  }
}
