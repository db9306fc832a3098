import { invariant } from "../../../diagnostics/internal-error.ts";
import type { StorageType } from "../../../ir/expr/scalar-types.ts";
import type { Graph, GraphStored, Value } from "../../../ir/graph/graph.ts";
import { isUpdated } from "../../../ir/graph/graph-results.ts";
import type { KernelTensor } from "../../../ir/kernel/kernel-tensor.ts";
import type { StepInterface } from "../../../ir/kernel/step-interface.ts";
import { tableKey } from "../../kernel-program/table-key.ts";
import type { GraphFacts } from "../graph-facts.ts";
import { initialiserOf } from "../initialiser.ts";
import type { Slab } from "../slabs.ts";
import { pathOf } from "../value-names.ts";

/** A value, and the tensor in a slab in which it is to be stored, beside where it may be stored for others. */
export interface Landing {
  readonly value: Value;
  readonly tensor: number;
}

/**
 * All tensors of a program, numbered as they are asked for: what is given, results, then the rest. When values are
 * grouped again it is begun anew, and what is asked for again has the number that it had, so that kernels stay as
 * they were.
 */
export class TensorTable {
  readonly tensors: KernelTensor[] = [];
  readonly interface: StepInterface;
  readonly #facts: GraphFacts;
  readonly #hasF16: boolean;
  readonly #tensorOf = new Map<Value, number>();
  readonly #nextOf = new Map<GraphStored, number>();
  readonly #landings: Landing[] = [];
  readonly #given: number;
  /** Of what lies between kernels: numbers of what was ever asked for, and what is asked for now, in order. */
  readonly #between = new Map<Value, number>();
  readonly #again = new Map<Value, number>();
  readonly #asked: Value[] = [];
  #order: number[] = [];

  constructor(graph: Graph, facts: GraphFacts, hasF16: boolean) {
    this.#facts = facts;
    this.#hasF16 = hasF16;
    const changes = (one: GraphStored): boolean => facts.isInPlace(one);
    const fixed = graph.stored.filter((one) => !changes(one));
    for (const { value, path } of fixed) this.#add(value, path, "parameter");
    const inputs = graph.inputs.map(({ value, name }) => this.#add(value, name, "input"));
    for (const { value, path } of graph.stored.filter(changes)) this.#add(value, path, "state");
    this.interface = {
      stored: graph.stored.map(({ value }) => this.#tensorOf.get(value) ?? -1),
      inputs,
      constants: this.#addConstants(),
      outputs: graph.outputs.map(({ value, name }) => this.#addOutput(value, name)),
    };
    const inSlab = new Set<Value>();
    for (const slab of facts.slabs.values()) this.#addSlab(slab, inSlab);
    for (const one of graph.stored) if (!inSlab.has(one.value)) this.#addNext(one);
    this.#given = this.tensors.length;
  }

  /** As if nothing had been asked for. */
  begin(): void {
    for (const value of this.#asked.splice(0)) this.#tensorOf.delete(value);
    this.#order = [];
  }

  /** The tensors that were asked for since then, each with the number that it has without the others. */
  numbered(): {
    readonly tensors: readonly KernelTensor[];
    readonly numberOf: (id: number) => number;
  } {
    const given = this.tensors.slice(0, this.#given);
    const between = this.#order.map((id, n) => ({
      ...(this.tensors[id] as KernelTensor),
      id: this.#given + n,
    }));
    const numbers = new Map(this.#order.map((id, n) => [id, this.#given + n]));
    return { tensors: [...given, ...between], numberOf: (id) => numbers.get(id) ?? id };
  }

  /** What has to be stored in slabs. */
  get landings(): readonly Landing[] {
    return this.#landings;
  }

  get(value: Value): number | undefined {
    return this.#tensorOf.get(value);
  }

  addIntermediate(value: Value): number {
    const id = this.#numberIn(this.#between, value, "");
    this.#tensorOf.set(value, id);
    this.#asked.push(value);
    return id;
  }

  /** A further tensor for a value that is stored twice. */
  addAgain(value: Value): number {
    return this.#numberIn(this.#again, value, " again");
  }

  #numberIn(numbers: Map<Value, number>, value: Value, what: string): number {
    const path = pathOf(value);
    const name = path === "" ? value.op : `${path}.${value.op}`;
    const id = numbers.get(value) ?? this.#push(value, `${name}${what}`, "intermediate");
    numbers.set(value, id);
    this.#order.push(id);
    return id;
  }

  /** What is stored as the call leaves it; `undefined` where the call leaves it as it is. */
  nextOf(state: GraphStored): number | undefined {
    return this.#nextOf.get(state);
  }

  /** Equal tables are one tensor: the angles of all layers are the same numbers. */
  #addConstants(): readonly number[] {
    const known = new Map<string, number>();
    for (const value of this.#facts.values) {
      const [content] = value.op === "table" ? value.inputs : [];
      if (content === undefined) continue;
      const path = [pathOf(value), content.op].filter((name) => name !== "").join(".");
      const { init, initAxes } = initialiserOf({ path, value, init: content }, this.#facts);
      const table = { value: init, shape: initAxes.map(({ extent }) => extent) };
      const key = tableKey(table, value.type.element);
      const same = known.get(key);
      if (same !== undefined) this.#tensorOf.set(value, same);
      else {
        const id = this.#add(value, path, "constant");
        this.tensors[id] = { ...(this.tensors[id] as KernelTensor), table };
        known.set(key, id);
      }
    }
    return [...known.values()];
  }

  #addNext(stored: GraphStored): void {
    const { value, next, path } = stored;
    if (isUpdated(stored)) this.#nextOf.set(stored, this.#addAfter(value, next, path));
  }

  #addAfter(value: Value, next: Value, name: string): number {
    const id = this.#push(next, `${name} after`, "state");
    this.tensors[id] = { ...(this.tensors[id] as KernelTensor), replaces: this.get(value) ?? -1 };
    if (!this.#tensorOf.has(next)) this.#tensorOf.set(next, id);
    return id;
  }

  /** The slab, and inside it the tensors of its parts: those that are there, or new ones to be stored. */
  #addSlab({ value, name, parts, after }: Slab, inSlab: Set<Value>): void {
    const role = after === undefined ? "scratch" : "state";
    const whole = this.#add(value, name, role);
    for (const { value: own, first } of parts) {
      const tensor =
        after === undefined ? this.#push(own, `${name}: ${pathOf(own)}`, role) : this.get(own);
      invariant(tensor !== undefined, `a part of ${name} has no tensor`);
      const partOf = { tensor: whole, first };
      this.tensors[tensor] = { ...(this.tensors[tensor] as KernelTensor), partOf };
      if (after === undefined) this.#landings.push({ value: own, tensor });
      else inSlab.add(own);
    }
    if (after === undefined || after === value) return;
    this.#landings.push({ value: after, tensor: this.#addAfter(value, after, name) });
  }

  #add(value: Value, name: string, role: KernelTensor["role"]): number {
    invariant(!this.#tensorOf.has(value), `${name} has two tensors`);
    const id = this.#push(value, name, role);
    this.#tensorOf.set(value, id);
    return id;
  }

  /** A value that is given, or stands as another output already, is copied to a tensor of its own. */
  #addOutput(value: Value, name: string): number {
    const id = this.#push(value, name, "output");
    if (!this.#tensorOf.has(value)) this.#tensorOf.set(value, id);
    return id;
  }

  #push(value: Value, name: string, role: KernelTensor["role"]): number {
    const id = this.tensors.length;
    const shape = this.#facts.extentsOf(value.type.axes);
    this.tensors.push({ id, name, role, shape, storage: this.#storageOf(value, role) });
    return id;
  }

  /** Only weights are stored in 16 bits where the device does not compute with them; see `ir/schedule.ts`. */
  #storageOf(value: Value, role: KernelTensor["role"]): StorageType {
    const { element } = value.type;
    const isFixed = role === "parameter" || role === "constant";
    switch (element) {
      case "i32":
      case "u32":
        return element;
      case "bool":
        return "u32";
      case "f16": {
        const isOwn = role === "intermediate" || role === "state" || role === "scratch";
        return isFixed || (isOwn && this.#hasF16) ? "f16" : "f32";
      }
      case "bf16":
        return isFixed ? "bf16" : "f32";
      case "f32":
        return "f32";
      case "real":
        invariant(false, `the precision of ${value.op} is not decided`);
    }
  }
}
