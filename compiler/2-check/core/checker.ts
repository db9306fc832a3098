import type { Axis, Origin, Value } from "../../ir/graph/graph.ts";
import type {
  ArgSyntax,
  BlockSyntax,
  BracesSyntax,
  ExprSyntax,
  Named,
  PartSyntax,
} from "../../ir/syntax/syntax.ts";
import type { SurfaceOp } from "../../ops/surface/surface.ts";
import type { Span } from "../../source/source-file.ts";
import type { AxisTable, GraphMaking, Reporting, StoredTable } from "./contexts.ts";
import type { Entity, EntityOf, Env, Init, Instance, MemberNode, Storage } from "./entity.ts";
import type { OverrideTable } from "./override-table.ts";

/**
 * One run of the abstract interpreter: the generic check of a declaration, or the elaboration of a
 * mode. Both evaluate the same text with the same rules; they differ in what is known. What needs less
 * than all of it takes one of its contexts.
 */
export interface Checker
  extends Rules,
    GraphMaking,
    Reporting,
    AxisTable,
    StoredTable,
    InstanceTable {
  readonly primitives: ReadonlyMap<string, SurfaceOp>;
  readonly known: Knowledge;
  /** In a stage: the number in the run of each sample of the batch, by which random numbers are drawn. */
  readonly samples: Value | undefined;
  /** What `training` is in the part at a path: whether something at or below it is trained. */
  readonly isTraining: (path: string) => boolean;
  /** What may still be unrolled: see `mayUnroll`. */
  readonly work: { left: number; isReported: boolean };
}

/** Instances that are made or being made. */
interface InstanceTable {
  /** What stands beside a part: its result is added to that of the part. */
  readonly adapters: Map<Instance, Instance>;
  readonly overrides: OverrideTable | undefined;
  /** Modules whose parts are being made, outermost first; making one of them again would never end. */
  readonly making: { readonly syntax: object; readonly name: string }[];
  /** Calls in progress, outermost first; a call of one of them is recursion. */
  readonly running: { readonly callable: object; readonly instance: object | undefined }[];
}

/**
 * How much an evaluation knows. `sizes`: sizes and settings are names, so that lists have one element for
 * all and slots are seen through their interfaces; or the numbers of an instance. `calls`: a call gives what
 * its signature says, of which the value may stay unknown (both branches of an `if` are evaluated); or
 * what its body computes.
 */
type Knowledge =
  | { readonly sizes: "symbolic"; readonly calls: "signature" }
  | { readonly sizes: "numbers"; readonly calls: "signature" | "body" };

/** The generic check of a declaration. */
export const typesOnly: Knowledge = { sizes: "symbolic", calls: "signature" };

/** The elaboration of an instance to a graph. */
export const everything: Knowledge = { sizes: "numbers", calls: "body" };

/** A made model as a check sees it: its sizes and settings are numbers, its calls are not entered. */
export function signatureOnly(made: Checker): Checker {
  return { ...made, known: { sizes: "numbers", calls: "signature" }, overrides: undefined };
}

/**
 * The mutually recursive rules. They are reached through this record, so that each can stand in a
 * file of its own without a circle of imports.
 */
interface Rules {
  readonly evaluate: (checker: Checker, env: Env, expr: ExprSyntax) => Entity;
  /** The value of the last expression; names of the block end with it. */
  readonly runBlock: (checker: Checker, env: Env, block: BlockSyntax) => Entity;
  readonly callFn: (
    checker: Checker,
    env: Env,
    callee: EntityOf<"fn">,
    call: WrittenCall,
  ) => Entity;
  readonly makePart: (checker: Checker, request: PartRequest) => Instance | undefined;
  readonly startOf: (checker: Checker, init: Init, storage: Storage) => Value | undefined;
}

/** A call as written, of whatever it is that is called. */
export interface WrittenCall {
  readonly braces: BracesSyntax | undefined;
  readonly args: readonly (ArgSyntax | PipedArgument)[];
  /** What is called, for the primary span of its diagnostics. */
  readonly calleeSpan: Span;
  readonly span: Span;
  /** Axes of the parameter that an initialiser starts, where no braces were written. */
  readonly initAxes: readonly Axis[] | undefined;
}

/** A value that is there already: what stands before `|>`. */
export interface PipedArgument {
  readonly name: Named | undefined;
  readonly entity: Entity;
  readonly span: Span;
}

export interface PartRequest {
  readonly part: PartSyntax;
  /** Where the part is written: gives names in its axes and settings their meaning. */
  readonly env: Env;
  readonly path: string;
  /** Parts that `with` put in the place of slots, by path below this one. */
  readonly fills: readonly Fill[];
  /** Instances between the writer and the part, through which its axes are seen. */
  readonly inside: readonly Instance[];
  /** Told of the instance when its axes and settings stand: what is put into it is written with them. */
  readonly begun?: ((instance: Instance) => void) | undefined;
}

/** `Part with path = Other<..>()`. */
export interface Fill {
  readonly steps: readonly string[];
  readonly part: PartSyntax;
  readonly env: Env;
  /** Instances between the writer and the slot, outermost first, through which its axes are seen. */
  readonly inside: readonly Instance[];
}

export function originOf(env: Env, span: Span): Origin {
  return { kind: "source", span, path: env.frame.path };
}

/** A value of which the generic check knows the type only. */
export function opaque(
  context: GraphMaking,
  env: Env,
  span: Span,
  type: Value["type"],
  what: string,
): Value {
  const origin = originOf(env, span);
  return context.build.value(
    "opaque",
    [],
    { what, site: context.nextSite("opaque"), axes: type.axes },
    type,
    origin,
  );
}

export function newNode(path: string): MemberNode {
  return {
    path,
    span: undefined,
    content: undefined,
    names: new Map(),
    elements: new Map(),
    anyElement: undefined,
    isList: false,
  };
}
