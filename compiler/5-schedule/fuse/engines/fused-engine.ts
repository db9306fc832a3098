import type { Expr } from "../../../ir/expr/expr-form.ts";
import type { Axis, Value } from "../../../ir/graph/graph.ts";
import type { Engine, EngineKind } from "../../../ir/kernel/engines/engine-registry.ts";
import type { LoopAxis, Reduction, Store } from "../../../ir/kernel/loops.ts";
import type { Group } from "../group.ts";

/** What fusion knows of one kind of engine: what joins a group of it, and how a group becomes one. */
export interface FusedEngine<K extends EngineKind = EngineKind> {
  /**
   * What joins its group after what opened it: `elements` wherever they follow it, `chains` of them that
   * all readers of a result begin with, or `nothing`, not even views.
   */
  readonly joins: "elements" | "chains" | "nothing";
  /** Does it use each element of its inputs many times, so that work on them repays being stored? */
  readonly reusesInputs: boolean;
  /** Set where the axes of what opens its group are not those that the kernel's grid has. */
  gridOf?(head: Value): readonly Axis[];
  /** Set where one engine gives several results: the number of the reduction that an operation is. */
  resultOf?(value: Value): number;
  /** Set where some of what a group of it stores stands once per row of a grid without lanes. */
  isPerRow?(group: Group, value: Expr): boolean;
  /** Makes the engine, when the first of its results is asked for. */
  open(site: EngineSite): Engine<K>;
  /**
   * Set where stores of results do not follow from the group's loops: opens the engine, if the site has
   * none yet, and says what the kernel stores of `value` in `tensor`; `at` are its positions in the grid.
   */
  store?(site: EngineSite, value: Value, tensor: number, at: readonly Expr[]): StoredEngine<K>;
}

export interface StoredEngine<K extends EngineKind> {
  readonly engine: Engine<K>;
  readonly stores: readonly Store[];
}

/** The kernel that an engine is made for. */
export interface EngineSite {
  readonly group: Group;
  /** The engine, once it is opened. */
  readonly engine: Engine | undefined;
  /** The group's reductions over its lanes, as far as they were asked for; it grows. */
  readonly reductions: readonly Reduction[];
  /** The loops of axes that the group is over. */
  loopsOf(axes: readonly Axis[]): readonly LoopAxis[];
  /** Loops of their own for axes; values stand at them from here on. */
  openLoops(axes: readonly Axis[]): readonly LoopAxis[];
  /** The same inside `body` only: afterwards values stand where they stood. */
  withLoops<T>(axes: readonly Axis[], body: (loops: readonly LoopAxis[]) => T): T;
  /** A value where the loops are. */
  element(value: Value): Expr;
}
