import { nearestNames } from "../../diagnostics/suggest.ts";
import type { Reader } from "../../ir/graph/graph.ts";
import type { ParamSyntax } from "../../ir/syntax/syntax.ts";
import type { StaticValue } from "../../ops/surface/surface.ts";
import type { Checker } from "../core/checker.ts";
import type { GraphMaking } from "../core/contexts.ts";
import { describe } from "../core/describe.ts";
import type { Env } from "../core/entity.ts";
import { asOperand } from "../values/coerce.ts";

/** What the runtime can make a tensor from: files, strings, and other columns of a record; with their settings. */
const settingsOf: ReadonlyMap<string, readonly string[]> = new Map([
  ["image", ["fit", "crop", "scale", "flip", "mixup", "cutmix"]],
  ["text", ["bos", "eos", "length", "prefix", "prompt", "default", "clean", "negative"]],
  ["chat", ["template", "image", "query", "length"]],
  ["labels", ["of", "ignore_prefix"]],
  ["questions", ["of"]],
  ["key", ["of"]],
  ["length", ["of"]],
  ["soft_label", ["smoothing"]],
  ["segmentation", ["ignore", "reduce_zero"]],
]);

/** `from image(fit: "crop")`, with its settings evaluated; undefined where there is none or it is wrong. */
export function checkReader(checker: Checker, env: Env, param: ParamSyntax): Reader | undefined {
  const { reader } = param;
  if (reader === undefined) return undefined;
  const settings = settingsOf.get(reader.name.text);
  if (settings === undefined) {
    const available = [...settingsOf.keys()];
    checker.sink.report("unknown-reader", reader.name.span, {
      name: reader.name.text,
      nearest: nearestNames(reader.name.text, available),
      available,
    });
    return undefined;
  }
  const args: Record<string, string | number | boolean | readonly number[]> = {};
  for (const arg of reader.args) {
    const name = arg.name?.text;
    if (arg.name !== undefined && !settings.includes(arg.name.text)) {
      checker.sink.report("unknown-argument", arg.name.span, {
        callee: `the reader \`${reader.name.text}\``,
        name: arg.name.text,
        nearest: nearestNames(arg.name.text, settings),
        signature: `${reader.name.text}(${settings.map((one) => `${one}: ..`).join(", ")})`,
      });
      continue;
    }
    const entity = checker.evaluate(checker, env, arg.value);
    const operand = asOperand(checker, env, entity, arg.value.span);
    const value =
      operand === undefined
        ? undefined
        : plainValue(
            checker,
            operand.kind === "tuple"
              ? listOf(operand.items)
              : operand.kind === "static"
                ? operand.value
                : undefined,
          );
    if (name !== undefined && value !== undefined) args[name] = value;
    else if (entity.kind !== "error" && checker.known.sizes === "numbers") {
      checker.sink.report("not-static", arg.span, {
        where: `a setting of the reader \`${reader.name.text}\``,
        found: describe(checker, env, entity),
      });
    }
  }
  return { name: reader.name.text, args };
}

function listOf(
  items: readonly { readonly kind: string; readonly value?: unknown }[],
): StaticValue | undefined {
  const values = items.flatMap((item) =>
    item.kind === "static" ? [item.value as StaticValue] : [],
  );
  return values.length === items.length ? { type: "list", items: values } : undefined;
}

function plainValue(
  context: GraphMaking,
  value: StaticValue | undefined,
): string | number | boolean | readonly number[] | undefined {
  switch (value?.type) {
    case "int":
      return context.sizes.valueOf(value.value);
    case "float":
    case "bool":
    case "string":
      return value.value;
    case "list": {
      const numbers = value.items
        .map((item) => plainValue(context, item))
        .filter((item) => typeof item === "number");
      return numbers.length === value.items.length ? numbers : undefined;
    }
    default:
      return undefined;
  }
}
