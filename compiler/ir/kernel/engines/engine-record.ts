import type { ExprEvaluator } from "../../expr/evaluate-expr.ts";
import type { Expr } from "../../expr/expr-form.ts";
import type { ScalarType } from "../../expr/scalar-types.ts";
import type { Combine, LoopAxis, Store } from "../loops.ts";

/**
 * What everyone needs to know of one kind of engine `E`: each pass and printer asks the record of the
 * engine at hand. Members are methods, so that the record of one engine can stand among the others.
 */
export interface EngineRecord<E extends { readonly kind: string }> {
  readonly kind: E["kind"];
  /** What a kernel with it does with elements that its operands read: "sums over products of its elements". */
  readonly reads: Wording | undefined;
  /**
   * Do all stores of one point stand in one block, where an element is loaded once, before the first store?
   */
  readonly loadsOnce: boolean;
  /** Its loops, outermost first, in groups; the last loop of a group is the fastest in memory. */
  loops(engine: E): readonly LoopGroup[];
  /** What it computes with beside the stores, in the order in which it is printed. */
  operands(engine: E): readonly Operand[];
  /** Numbers and words of it that are no expressions. */
  settings(engine: E): Readonly<Record<string, number | string>>;
  /** How many results stores may read as reductions. */
  results(engine: E): number;
  /** Loops in whose order results between kernels lie, slowest first; none: as their axes are written. */
  layout(engine: E): readonly LoopAxis[];
  /** Loops of a store beyond those of all stores: it writes again what the stores before it wrote. */
  updateLoops(engine: E, store: number): readonly LoopAxis[] | undefined;
  /** Every expression and every group of loops through a function. */
  rewrite(engine: E, expr: Rewrite<Expr>, loops: Rewrite<readonly LoopAxis[]>): E;
  /** Multiplications and additions of the engine itself; a reduction combines once for each element. */
  flops(engine: E, stores: readonly Store[]): number;
  /** Set where stores have loops of their own: at how many of their points something is stored, at most. */
  updatePoints?(engine: E, stores: readonly Store[]): number;
  /** Runs it in float64, point by point: what its loops, operands and stores mean. */
  interpret(engine: E, run: EngineRun): void;
}

export type Rewrite<T> = (before: T) => T;

/** A verb and its objects, for one reader and for several. */
export interface Wording {
  readonly one: string;
  readonly several: string;
}

interface LoopGroup {
  /** As it is printed. */
  readonly name: string;
  readonly axes: readonly LoopAxis[];
  /**
   * `parallel`: stores run over it, and its points do not wait for each other, so that a kernel may do a part
   * of them. `stored`: stores run over it, but for those that stand once per row. `inner`: no store does.
   */
  readonly role: "parallel" | "stored" | "inner";
  /** Set for parallel loops that stores leave out which stand once per row. */
  readonly isOfElements?: boolean;
}

export interface Operand {
  readonly name: string;
  readonly expr: Expr;
  /** The groups of loops that it stands in, outermost first. */
  readonly over: readonly (readonly LoopAxis[])[];
  /** Set where its values are combined as they are: to the result of this number. */
  readonly reduction?: {
    readonly number: number;
    readonly combine: Combine;
    readonly type: ScalarType;
  };
  /** Results with a smaller number may be read in it; none where not given. */
  readonly results?: number;
  /** Set where it is read in full before the point stores an element. */
  readonly isReadBeforeStores?: boolean;
}

/** A kernel as the interpreter runs it. */
interface EngineRun {
  readonly evaluator: ExprEvaluator;
  readonly name: string;
  readonly stores: readonly Store[];
  /** Writes the stores that stand once per element at the current point. */
  readonly storeElement: () => void;
  /** The same for stores along the second group of stored loops. */
  readonly storeOther: () => void;
  /** Writes the stores that stand once per row. */
  readonly storeRow: () => void;
}

/** The number of points of some loops together. */
export function pointsOf(...groups: readonly (readonly LoopAxis[])[]): number {
  return groups.flat().reduce((product, { extent }) => product * extent, 1);
}
