import type { SelectorsSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { PathSyntax } from "../../ir/syntax/syntax.ts";
import { textOf } from "../core/describe.ts";
import type { MemberNode, Storage } from "../core/entity.ts";
import { absenceOf, parametersBelow, selectNodes } from "../variants/select-nodes.ts";
import type { PlanPlace } from "./stage-values.ts";

/** What one selector names: a subtree, or `vectors` or `scalars` of the whole model; undefined after a report. */
export function selectParameters(
  place: PlanPlace,
  path: PathSyntax,
): readonly Storage[] | undefined {
  const { checker, env, instance } = place;
  const rank = isWord(place, path, "vectors") ? 1 : isWord(place, path, "scalars") ? 0 : undefined;
  const nodes =
    rank === undefined
      ? selectNodes(checker, env, instance, path)
      : [...instance.root.names.values()];
  if (nodes === undefined) return undefined;
  const found = parametersBelow(nodes).filter(
    (storage) => rank === undefined || storage.dimensions.length === rank,
  );
  if (found.length > 0 || nodes.some((node) => node.content?.kind === "error")) return found;
  reportIdle(
    place,
    path,
    nodes,
    rank === undefined ? "there is no parameter in it" : "the model has none",
  );
  return undefined;
}

/** The parts that one selector names, with parameters in them; none after a report. */
export function selectParts(place: PlanPlace, path: PathSyntax): readonly MemberNode[] {
  const nodes = selectNodes(place.checker, place.env, place.instance, path) ?? [];
  const found = nodes.filter(({ content }) => content?.kind !== "storage");
  if (nodes.length === 0 || parametersBelow(found).length > 0) return found;
  if (!nodes.some(({ content }) => content?.kind === "error"))
    reportIdle(
      place,
      path,
      nodes,
      found.length === 0 ? "it is no part" : "there is no parameter in it",
    );
  return [];
}

function reportIdle(
  { checker }: PlanPlace,
  path: PathSyntax,
  nodes: readonly MemberNode[],
  otherwise: string,
): void {
  const reason = absenceOf(nodes) ?? otherwise;
  checker.sink.report("idle-selector", path.span, { selector: textOf(path.span), reason });
}

/**
 * Paths of what one selector names: of the subtree as it is, so that what is computed there belongs to it; of
 * parameters for a word.
 */
export function selectedPaths(place: PlanPlace, path: PathSyntax): readonly string[] {
  const parameters = selectParameters(place, path) ?? [];
  if (parameters.length === 0) return [];
  const isOfRank = isWord(place, path, "vectors") || isWord(place, path, "scalars");
  const found = isOfRank ? parameters : selectNodes(place.checker, place.env, place.instance, path);
  return (found ?? []).map((one) => one.path);
}

/** The subtrees that selectors are about: those of parts, or the whole model for a word; wrong ones are left out. */
export function selectedNodes(place: PlanPlace, selectors: SelectorsSyntax): readonly MemberNode[] {
  const { checker, env, instance } = place;
  if (selectors === "everything else") return [instance.root];
  return selectors.flatMap((path) =>
    ["vectors", "scalars", "adapters"].some((word) => isWord(place, path, word))
      ? [instance.root]
      : (selectNodes(checker, env, instance, path) ?? []),
  );
}

/** `adapters`, `vectors` and `scalars` are words of a stage, unless the model has a part of that name. */
export function isWord({ instance }: PlanPlace, path: PathSyntax, word: string): boolean {
  return path.head.text === word && path.steps.length === 0 && !instance.root.names.has(word);
}

/** As written. */
export function selectorText(selectors: SelectorsSyntax): string {
  return selectors === "everything else"
    ? selectors
    : selectors.map((path) => textOf(path.span)).join(", ");
}
