import type { MappingSyntax, WeightsSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { PathSyntax } from "../../ir/syntax/syntax.ts";
import type { Span } from "../../source/source-file.ts";
import { type Checker, signatureOnly } from "../core/checker.ts";
import { textOf } from "../core/describe.ts";
import type { Env, Instance, LoadedFile, MemberNode, Storage } from "../core/entity.ts";
import { findSubject } from "../variants/find-subject.ts";
import { modelEnv } from "../variants/model-scope.ts";
import { selectNodes } from "../variants/select-nodes.ts";
import type { Surroundings } from "../variants/surroundings.ts";
import { checkConfigPaths } from "./check-config-paths.ts";
import { checkMapValue } from "./check-map-value.ts";
import { checkResample } from "./check-resample.ts";
import { segmentsOf } from "./key-pattern.ts";
import { checkConfig } from "./read-config.ts";

/** Where a `weights` block is checked: in the model as it is declared, whatever a file says of its sizes. */
interface MappingPlace {
  readonly checker: Checker;
  readonly env: Env;
  readonly instance: Instance;
}

/** Names and types of a `weights` block. Keys and shapes are compared when there is a file. */
export function checkWeights(around: Surroundings, file: LoadedFile, block: WeightsSyntax): void {
  const { sink, declared } = around;
  const subject = findSubject(sink, file, block.of);
  const model = subject && declared(subject.item, block.of.span);
  if (model === undefined) return;
  checkConfig(block, sink);
  const { instance } = model;
  const checker: Checker = { ...signatureOnly(model.checker), sink };
  const place: MappingPlace = { checker, env: modelEnv(file, instance), instance };
  let prefix: Span | undefined;
  for (const mapping of block.mappings) {
    checkMapping(place, mapping);
    if (mapping.kind === "prefix") {
      if (prefix !== undefined) {
        const related = [{ span: prefix, text: "the earlier line" }];
        sink.report(
          "declared-twice",
          mapping.span,
          { name: "prefix", where: `\`${block.name.text}\`` },
          { related },
        );
      }
      prefix ??= mapping.span;
    }
  }
}

function checkMapping(place: MappingPlace, mapping: MappingSyntax): void {
  switch (mapping.kind) {
    case "prefix":
      return;
    case "config":
      checkConfigPaths(place, mapping);
      return;
    case "map":
      if (storedAt(place, mapping.path) !== undefined) checkMapValue(place.checker, mapping);
      return;
    case "tie":
      storedAt(place, mapping.path);
      storedAt(place, mapping.to);
      return;
    case "initialise":
      for (const path of mapping.selectors) storedAt(place, path);
      return;
    case "resample":
      checkResample(place, mapping, storedAt(place, mapping.path));
      return;
    case "ignore":
      for (const pattern of mapping.patterns) {
        if (!pattern.text.split(".").slice(0, -1).includes("**")) continue;
        const params = {
          callee: "`ignore`",
          name: pattern.text,
          needed: "a pattern with `**` at its end only",
          found: "one with it inside",
        };
        place.checker.sink.report("argument-type", pattern.span, params);
      }
      return;
  }
}

/**
 * The stored tensors that a path names; undefined where it names nothing, which is reported. What a
 * condition leaves out here may be there with the sizes and settings of a file.
 */
function storedAt(
  { checker, env, instance }: MappingPlace,
  path: PathSyntax,
): readonly Storage[] | undefined {
  const nodes = selectNodes(checker, env, instance, path);
  if (nodes === undefined) return undefined;
  if (segmentsOf(path) === undefined) {
    // Keys are compared before the model has its sizes.
    const params = { where: "an index in a `weights` block", found: `\`${textOf(path.span)}\`` };
    checker.sink.report("not-static", path.span, params, { hint: "write it as a number or `*`" });
    return undefined;
  }
  const found = new Set<Storage>();
  let isOpen = false;
  const visit = (node: MemberNode): void => {
    const { content } = node;
    if (content?.kind === "storage" && content.storage.kind !== "state") found.add(content.storage);
    if (content?.kind === "absent" || content?.kind === "error") isOpen = true;
    if (content?.kind === "part")
      for (const child of content.instance.root.names.values()) visit(child);
    for (const child of node.names.values()) visit(child);
    for (const child of node.elements.values()) visit(child);
  };
  for (const node of nodes) visit(node);
  if (found.size > 0 || isOpen) return [...found];
  checker.sink.report("idle-selector", path.span, {
    selector: textOf(path.span),
    reason: "nothing is stored in it",
  });
  return undefined;
}
