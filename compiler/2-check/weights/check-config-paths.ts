import { nearestNames } from "../../diagnostics/suggest.ts";
import type { MappingSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { PathSyntax } from "../../ir/syntax/syntax.ts";
import type { Checker } from "../core/checker.ts";
import { describeAxes } from "../core/describe.ts";
import type { Env, Instance, MemberNode } from "../core/entity.ts";
import { selectNodes } from "../variants/select-nodes.ts";
import { writePath } from "./read-config.ts";

type ConfigSyntax = Extract<MappingSyntax, { kind: "config" }>;

/** A `config` entry gives a value to a setting or to an axis that a part owns. */
export function checkConfigPaths(
  place: { readonly checker: Checker; readonly env: Env; readonly instance: Instance },
  config: ConfigSyntax,
): void {
  const seen = new Map<string, ConfigSyntax["entries"][number]>();
  for (const entry of config.entries) {
    const text = writePath(entry.path);
    const earlier = seen.get(text);
    if (earlier !== undefined) {
      const related = [{ span: earlier.span, text: "the earlier line" }];
      place.checker.sink.report(
        "declared-twice",
        entry.path.span,
        { name: text, where: `\`config "${config.file.text}"\`` },
        { related },
      );
    }
    seen.set(text, entry);
    checkPath(place.checker, place.env, place.instance, entry.path);
  }
}

function checkPath(checker: Checker, env: Env, model: Instance, path: PathSyntax): void {
  const last = path.steps.at(-1);
  const name = path.steps.length === 0 ? path.head : last?.kind === "name" ? last.name : undefined;
  const parents = path.steps.length === 0 ? [model] : partsAt(checker, env, model, path);
  if (parents === undefined) return;
  const written = writePath(path);
  const settings = parents.filter((part) => name !== undefined && part.settings.has(name.text));
  const axes = parents.flatMap((part) =>
    name === undefined ? [] : (part.axes.get(name.text) ?? []),
  );
  if (settings.length > 0 || axes.some((axis) => axis.isOwned)) return;
  const [alias] = axes;
  const [part] = parents;
  if (alias !== undefined) {
    const formal = part?.formals.find((one) => one.name === alias.name);
    const target = describeAxes(checker, env, formal?.outer ?? alias.axes);
    checker.sink.report("override-of-alias", path.span, { path: written, target });
    return;
  }
  const before = path.steps.length === 0 ? "" : written.slice(0, written.lastIndexOf(".") + 1);
  const known = parents.flatMap((one) => [
    ...one.settings.keys(),
    ...[...one.axes.values()].filter((axis) => axis.isOwned).map((axis) => axis.name),
  ]);
  checker.sink.report("unknown-override", path.span, {
    path: written,
    nearest: nearestNames(
      written,
      known.map((one) => `${before}${one}`),
    ),
  });
}

/** The parts before the last name; undefined where a condition leaves them out, or after a report. */
function partsAt(
  checker: Checker,
  env: Env,
  model: Instance,
  path: PathSyntax,
): readonly Instance[] | undefined {
  const nodes = selectNodes(checker, env, model, { ...path, steps: path.steps.slice(0, -1) });
  if (nodes === undefined || nodes.some(isOpen)) return undefined;
  return nodes.flatMap((node) => (node.content?.kind === "part" ? [node.content.instance] : []));
}

function isOpen({ content }: MemberNode): boolean {
  return content?.kind === "absent" || content?.kind === "error";
}
