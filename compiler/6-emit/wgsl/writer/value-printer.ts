import { invariant } from "../../../diagnostics/internal-error.ts";
import type { VariableId } from "../../../ir/axis-ids.ts";
import type { Expr } from "../../../ir/expr/expr-form.ts";
import { isSameExpr } from "../../../ir/expr/expr-key.ts";
import type { Store } from "../../../ir/kernel/loops.ts";
import { rewriteStore } from "../../../ir/kernel/rewrite-store.ts";
import { tensorAddress } from "../../../ir/kernel/tensor-address.ts";
import type { Block } from "./block.ts";
import type { PlannedValue } from "./planned-value.ts";
import { storedText } from "./storage-text.ts";
import type { ValuePlanner } from "./value-planner.ts";
import { bare, typeName, type Width } from "./value-types.ts";

/**
 * Writes values into blocks. What is used twice, read from memory, or constant in an inner loop gets a
 * name in the outermost block where it can be computed; all else is printed in place.
 */
export class ValuePrinter {
  readonly planner: ValuePlanner;
  #names = 0;

  constructor(planner: ValuePlanner) {
    this.planner = planner;
  }

  fresh(prefix = "v"): string {
    return `${prefix}${this.#names++}`;
  }

  scalar(expr: Expr, block: Block): string {
    return this.print(this.planner.plan(expr), block);
  }

  /** The four neighbours along the axis as a vector, even where they are equal. */
  vector(expr: Expr, axis: VariableId, block: Block): string {
    const value = this.planner.plan(expr, axis);
    const text = this.print(value, block);
    return value.width === 4 ? text : `${typeName(value.type, 4)}(${bare(text)})`;
  }

  print(value: PlannedValue, block: Block): string {
    const uses = new Map<string, number>();
    countUses(value, block, uses);
    return this.#emit(value, block, uses);
  }

  /** Gives the text a name in the block, if it is none itself. */
  name(text: string, block: Block, prefix?: string): string {
    if (/^[a-z]\w*$/.test(text)) return text;
    const name = this.fresh(prefix);
    block.add(`let ${name} = ${bare(text)};`);
    return name;
  }

  /** Stores one element, or four neighbours along `axis`; where the store has a guard, if that holds. */
  store({ when, ...store }: Store, axis: VariableId | undefined, block: Block): void {
    if (when === undefined) {
      this.#store(store, axis, block);
      return;
    }
    const whenAt = (lane: number): Expr =>
      axis === undefined ? when : this.planner.variables.lane(when, axis, lane);
    const isSame = axis === undefined || isSameExpr(whenAt(0), whenAt(3));
    if (isSame) {
      const test = bare(this.scalar(whenAt(0), block));
      block.nest(`if (${test})`, (inside) => this.#store(store, axis, inside), {
        isConditional: true,
      });
      return;
    }
    for (let lane = 0; lane < 4; lane++) this.storeLane({ ...store, when }, axis, lane, block);
  }

  #store(store: Store, axis: VariableId | undefined, block: Block): void {
    const binding = this.planner.bindings.bindingOf(store.tensor);
    const { type } = store.value;
    if (axis === undefined) {
      const value = this.scalar(store.value, block);
      this.storeText(store, value, block);
      return;
    }
    const value = this.vector(store.value, axis, block);
    const address = tensorAddress(binding.tensor, store.at, binding.packing);
    const group = this.planner.planGroup(binding, address, axis);
    if (group !== undefined) {
      const at = bare(this.print(group, block));
      block.add(`${binding.name}[${at}] = ${storedText(binding, bare(value), type, 4)};`);
      this.planner.bindings.markStore(binding, true);
      return;
    }
    const named = this.name(value, block);
    for (let lane = 0; lane < 4; lane++) {
      const at = store.at.map((position) => this.planner.variables.lane(position, axis, lane));
      this.storeText({ ...store, at }, `${named}.${"xyzw"[lane]}`, block);
    }
  }

  /** Stores one of the four neighbours along `axis`. */
  storeLane(store: Store, axis: VariableId, lane: number, block: Block): void {
    const only = (expr: Expr): Expr => this.planner.variables.lane(expr, axis, lane);
    this.store(rewriteStore(store, only), undefined, block);
  }

  /** Stores one element whose text is known. */
  storeText(store: Store, value: string, block: Block): void {
    const binding = this.planner.bindings.bindingOf(store.tensor);
    const address = tensorAddress(binding.tensor, store.at, binding.packing);
    const at = bare(this.print(this.planner.planIndex(address), block));
    const place = binding.isWide ? `(${at}) >> 2u][(${at}) & 3` : at;
    const stored = storedText(binding, bare(value), store.value.type, 1);
    block.add(`${binding.name}[${place}] = ${stored};`);
    this.planner.bindings.markStore(binding, false);
  }

  #emit(value: PlannedValue, block: Block, uses: ReadonlyMap<string, number>): string {
    if (value.kind === "leaf") return value.text([]);
    const known = block.nameOf(value.key);
    if (known !== undefined) return known;
    const home = homeOf(value, block);
    if (value.kind === "branch") return this.#branch(value, home, uses);
    const text = value.text(
      value.parts.map((part, place) => {
        const printed = this.#emit(part, home, uses);
        return value.kind === "load" && value.parts.length === 1 && place === 0
          ? bare(printed)
          : printed;
      }),
    );
    const isShared = (uses.get(value.key) ?? 0) > 1;
    if (value.kind === "call" && !isShared && home === block) return text;
    const name = this.name(text, home);
    home.values.set(value.key, name);
    return name;
  }

  #branch(value: PlannedValue, home: Block, uses: ReadonlyMap<string, number>): string {
    const [condition, then, otherwise] = value.parts;
    invariant(
      condition !== undefined && then !== undefined && otherwise !== undefined,
      "a branch lacks a part",
    );
    const test = bare(this.#emit(condition, home, uses));
    const name = this.fresh();
    home.add(`var ${name}: ${typeName(value.type, value.width satisfies Width)};`);
    home.branch(
      test,
      (body) => body.add(`${name} = ${bare(this.#emit(then, body, uses))};`),
      (body) => body.add(`${name} = ${bare(this.#emit(otherwise, body, uses))};`),
    );
    home.values.set(value.key, name);
    return name;
  }
}

/** How often each value is a part of another, without looking into those that have names already. */
function countUses(value: PlannedValue, block: Block, uses: Map<string, number>): void {
  const count = (uses.get(value.key) ?? 0) + 1;
  uses.set(value.key, count);
  if (count > 1 || block.nameOf(value.key) !== undefined) return;
  for (const part of value.parts) countUses(part, block, uses);
}

/** The outermost block where the value may be computed; what reads memory stays under its condition. */
function homeOf(value: PlannedValue, block: Block): Block {
  const condition = value.readsMemory ? block.innermostConditional() : undefined;
  const home =
    condition !== undefined && condition.depth > value.home.depth ? condition : value.home;
  invariant(home.isAround(block), "a value is used outside the block of its variables");
  return home;
}
