import { describeAxes } from "../core/describe.ts";
import type { Item } from "../core/entity.ts";
import { describeModel } from "../parts/model-tree.ts";
import type { Surroundings } from "../variants/surroundings.ts";
import { layoutsOf } from "../weights/checkpoint-of.ts";
import { gridOf } from "../weights/fit-shape.ts";
import { matchSubtree, segmentsOf } from "../weights/key-pattern.ts";
import type { CheckedPlan } from "./checked-stage.ts";

type Stored = ReturnType<typeof describeModel>["stored"][number];

/**
 * A phase begins with what the one before has learnt. What it stores in another size has to be resampled, by a line of
 * any `weights` block of the model; of several that are not, the first is reported.
 */
export function checkPhaseSizes(
  { sink, files }: Pick<Surroundings, "sink" | "files">,
  item: Item,
  plans: readonly CheckedPlan[],
): void {
  const patterns = layoutsOf({ entries: [], files }, item).flatMap(({ block }) =>
    block.mappings.flatMap((one) =>
      one.kind === "resample" ? [segmentsOf(one.path) ?? [one.path.head.text]] : [],
    ),
  );
  const isResampled = (path: string): boolean =>
    patterns.some((pattern) => matchSubtree(pattern, path) !== undefined);
  for (const [n, plan] of plans.entries()) {
    const before = plans[n - 1];
    if (before === undefined) continue;
    const first = phaseStart(before, plan).resized.find((path) => !isResampled(path));
    const [changed, old] = [plan, before].map((one) =>
      savedIn(one).find(({ path }) => path === first),
    );
    if (changed === undefined || old === undefined) continue;
    const { path, span } = changed;
    const { checker, instance } = plan.model;
    const grid = gridOf(changed);
    const over = grid?.map((axis) => describeAxes(checker, plan.env, [axis])).join(", ");
    const hint =
      over === undefined
        ? "only a grid, of rows and columns, can take another size on the way; leave the others as they are"
        : `\`resample ${path} over ${over} with bicubic\` in a \`weights\` block of \`${instance.name}\``;
    const where = `in \`${before.name}\`, the phase before`;
    const params = { path, needed: shapeText(changed), found: shapeText(old), where };
    const related = [{ span, text: "declared here" }];
    sink.report("missing-resample", plan.span, params, { hint, related });
  }
}

/** What a phase finds otherwise than the one before has left it. */
interface PhaseStart {
  /** Paths that are stored in another size, and those that were not there. */
  readonly resized: readonly string[];
  readonly added: readonly string[];
}

export function phaseStart(before: CheckedPlan, plan: CheckedPlan): PhaseStart {
  const earlier = new Map(savedIn(before).map((one) => [one.path, shapeText(one)]));
  const now = savedIn(plan).map((one) => ({ path: one.path, shape: shapeText(one) }));
  const pathsOf = (some: typeof now): readonly string[] => some.map(({ path }) => path);
  return {
    resized: pathsOf(now.filter(({ path, shape }) => (earlier.get(path) ?? shape) !== shape)),
    added: pathsOf(now.filter(({ path }) => !earlier.has(path))),
  };
}

function savedIn({ model: { checker, instance } }: CheckedPlan): readonly Stored[] {
  return describeModel(checker, instance).stored.filter(({ storage }) => storage !== "state");
}

function shapeText({ shape }: Stored): string {
  return `[${shape.join(", ")}]`;
}
