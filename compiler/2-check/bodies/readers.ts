import { nearestNames } from "../../diagnostics/suggest.ts";
import type { Reader } from "../../ir/graph/graph.ts";
import { type ReaderName, readerSettings, type SettingKind } from "../../ir/reader-settings.ts";
import type { ParamSyntax } from "../../ir/syntax/syntax.ts";
import type { StaticValue } from "../../ops/surface/surface.ts";
import type { Checker } from "../core/checker.ts";
import type { GraphMaking } from "../core/contexts.ts";
import { describe } from "../core/describe.ts";
import type { Env } from "../core/entity.ts";
import { asOperand } from "../values/coerce.ts";

/** `from image(fit: "crop")`, with its settings evaluated; undefined where there is none or it is wrong. */
export function checkReader(checker: Checker, env: Env, param: ParamSyntax): Reader | undefined {
  const { reader } = param;
  if (reader === undefined) return undefined;
  if (!isReaderName(reader.name.text)) {
    const available = Object.keys(readerSettings);
    checker.sink.report("unknown-reader", reader.name.span, {
      name: reader.name.text,
      nearest: nearestNames(reader.name.text, available),
      available,
    });
    return undefined;
  }
  const kinds: Readonly<Record<string, SettingKind>> = readerSettings[reader.name.text];
  const settings = Object.keys(kinds);
  const callee = `the reader \`${reader.name.text}\``;
  const args: Record<string, string | number | boolean | readonly number[]> = {};
  for (const arg of reader.args) {
    const name = arg.name?.text;
    if (arg.name !== undefined && !settings.includes(arg.name.text)) {
      checker.sink.report("unknown-argument", arg.name.span, {
        callee,
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
    const kind = name === undefined ? undefined : kinds[name];
    if (name !== undefined && kind !== undefined && value !== undefined) {
      if (fits(kind, value)) args[name] = value;
      else
        checker.sink.report("argument-type", arg.value.span, {
          callee,
          name,
          needed: kindText(kind),
          found: describe(checker, env, entity),
        });
    } else if (entity.kind !== "error" && checker.known.sizes === "numbers") {
      checker.sink.report("not-static", arg.span, {
        where: `a setting of the reader \`${reader.name.text}\``,
        found: describe(checker, env, entity),
      });
    }
  }
  return { name: reader.name.text, args };
}

function isReaderName(name: string): name is ReaderName {
  return Object.hasOwn(readerSettings, name);
}

function fits(kind: SettingKind, value: Reader["args"][string]): boolean {
  switch (kind.kind) {
    case "text":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "truth":
      return typeof value === "boolean";
    case "word":
      return typeof value === "string" && kind.words.includes(value);
    case "numbers":
      return Array.isArray(value) && value.length >= kind.least && value.length <= kind.most;
  }
}

function kindText(kind: SettingKind): string {
  switch (kind.kind) {
    case "text":
      return "a string";
    case "number":
      return "a number";
    case "truth":
      return "`true` or `false`";
    case "word":
      return kind.words.map((word) => `\`"${word}"\``).join(" or ");
    case "numbers":
      return kind.least === kind.most
        ? `a list of ${kind.least} numbers`
        : `a list of ${kind.least} to ${kind.most} numbers`;
  }
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
