import type { Facts } from "../../dims/facts.ts";
import type { Size } from "../../dims/size.ts";
import type { Axis, ElementType, StoredDimension } from "../../ir/graph/graph.ts";
import type { FileSyntax, ItemSyntax } from "../../ir/syntax/file-syntax.ts";
import type {
  BlockSyntax,
  ExprSyntax,
  InterfaceSyntax,
  ModuleSyntax,
  SignatureSyntax,
  TypeSyntax,
} from "../../ir/syntax/syntax.ts";
import type { Operand, SurfaceOp } from "../../ops/surface/surface.ts";
import type { SourceFile, Span } from "../../source/source-file.ts";
import type { NameTable } from "./name-table.ts";

/** What a name or an expression means. `Operand` is what primitives take; the rest is the checker's own. */
export type Entity =
  | Operand
  /** An axis, or a product of several. In a static expression it is its size. */
  | { readonly kind: "axes"; readonly axes: readonly Axis[] }
  /** A part, a stored tensor, a list of parts, or a piece of a path on the way there. */
  | { readonly kind: "member"; readonly node: MemberNode; readonly through: readonly Instance[] }
  | {
      readonly kind: "fn";
      readonly callable: Callable;
      readonly instance: Instance | undefined;
      readonly through: readonly Instance[];
    }
  | { readonly kind: "primitive"; readonly op: SurfaceOp }
  /** An `fn` setting that is not known yet: some pointwise function. */
  | { readonly kind: "pointwise" }
  | { readonly kind: "init"; readonly init: Init }
  | { readonly kind: "type"; readonly syntax: TypeSyntax }
  | { readonly kind: "item"; readonly item: Item }
  /** A block that ends in no expression. */
  | { readonly kind: "nothing" };

export type EntityOf<K extends Entity["kind"]> = Extract<Entity, { readonly kind: K }>;

export const errorEntity = { kind: "error" } as const;
export const nothing = { kind: "nothing" } as const;

/** An initialiser: an expression that is evaluated over the axes of each parameter that it starts. */
export type Init =
  | { readonly kind: "written"; readonly expr: ExprSyntax; readonly env: Env }
  /** An `init` setting that is not known yet. */
  | { readonly kind: "unknown" };

export interface LoadedFile {
  readonly source: SourceFile;
  readonly syntax: FileSyntax;
  /** Names of its own items and of what it imports. */
  readonly scope: NameTable<Entity>;
  readonly items: ReadonlyMap<string, Item>;
  /** Belongs to the standard library. */
  readonly isStandard: boolean;
  /** Has a syntax error somewhere. */
  readonly isBroken: boolean;
}

/** Something declared at the top of a file, with the file that gives its names their meaning. */
export interface Item {
  readonly syntax: ItemSyntax;
  readonly file: LoadedFile;
  /** Has a syntax error in it: what it says is not believed, and its uses are silent. */
  readonly isBroken: boolean;
}

/** A `fn`, a `mode`, one step of a mode, or what an interface promises. */
export interface Callable {
  readonly name: string;
  readonly signature: SignatureSyntax;
  /** Undefined for a promise of an interface. */
  readonly body: BlockSyntax | undefined;
  readonly file: LoadedFile;
  readonly span: Span;
}

/** A mode, with one callable or one per step. */
export interface Mode {
  readonly name: string;
  readonly isStepped: boolean;
  readonly steps: readonly Callable[];
  readonly span: Span;
}

/** A formal axis as seen from inside, and what it is bound to outside. */
export interface Formal {
  readonly name: string;
  readonly inner: readonly Axis[];
  /** The caller's axes; undefined where a size was given, so that the instance owns the axis. */
  readonly outer: readonly Axis[] | undefined;
}

/** A named axis that an instance has: a formal, or declared by `axis`. */
interface InstanceAxis {
  readonly name: string;
  readonly axes: readonly Axis[];
  /** Whether its size is its own to set, so that an override may change it. */
  readonly isOwned: boolean;
  readonly span: Span;
}

interface Setting {
  readonly name: string;
  readonly entity: Entity;
  readonly span: Span;
}

/** A module with its axes and settings bound, or what an interface lets one see of it. */
export interface Instance {
  /** `encoder.layers.3.attn`; empty for the model itself. */
  readonly path: string;
  readonly name: string;
  readonly syntax: ModuleSyntax | InterfaceSyntax;
  readonly file: LoadedFile;
  readonly scope: NameTable<Entity>;
  readonly formals: Formal[];
  readonly axes: Map<string, InstanceAxis>;
  readonly settings: Map<string, Setting>;
  readonly fns: Map<string, Callable>;
  readonly modes: Map<string, Mode>;
  readonly root: MemberNode;
  /** Where the part is written; undefined in the generic check of the module itself. */
  madeAt: Span | undefined;
  /** The `where` of the module, over the sizes that it is bound to. */
  facts: Facts;
  /** Caches of what a call renames. */
  readonly inward: Map<Axis, Axis>;
  readonly outward: Map<Axis, Axis>;
}

/** One place in the tree of declared paths: `encoder`, `encoder.layers`, `encoder.layers.3`. */
export interface MemberNode {
  readonly path: string;
  span: Span | undefined;
  content: MemberContent | undefined;
  readonly names: Map<string, MemberNode>;
  /** Elements of a list. In the generic check one element stands for all: `anyElement`. */
  readonly elements: Map<number, MemberNode>;
  anyElement: MemberNode | undefined;
  isList: boolean;
}

export type MemberContent =
  | { readonly kind: "part"; readonly instance: Instance }
  | { readonly kind: "storage"; readonly storage: Storage }
  | Extract<Operand, { readonly kind: "absent" }>
  /** Could not be made; whatever depends on it is silent. */
  | { readonly kind: "error" };

export interface Storage {
  readonly kind: "param" | "buffer" | "state";
  readonly path: string;
  /** Counts the declarations of one elaboration. */
  readonly order: number;
  readonly element: ElementType;
  /** Those that are known where it is declared: all but the free ones (`..`, `B`) of a state. */
  readonly axes: readonly Axis[];
  readonly dimensions: readonly StoredDimension[];
  /** All as written; what is open in a state is bound by the first call that touches it. */
  readonly entries: readonly TypeEntry[];
  readonly init: Init;
  readonly span: Span;
  readonly instance: Instance;
}

/** One dimension of a state in a call. */
export interface StateDimension extends StoredDimension {
  /** Whether calls bind its axis. */
  readonly isFree: boolean;
}

/** What one run of a fn shares, whatever block it is in. */
export interface Frame {
  readonly instance: Instance | undefined;
  readonly facts: Facts;
  /** What `..` stands for in braces. */
  readonly restAxes: readonly Axis[] | undefined;
  /** In an initialiser: the axes that calls without braces are made over. */
  readonly initAxes: readonly Axis[] | undefined;
  /** Path of the part, for origins and random streams. */
  readonly path: string;
  /** What `real` means here: `f32` inside a free fn that was called with an f32 argument. */
  readonly real: "real" | "f32";
  /** Axes that the call bound; in the body those of the result, for states that are read before they are written. */
  readonly freeAxes: readonly Axis[];
  readonly callable: Callable | undefined;
  /** States stored to in this run, and where. */
  readonly stored: Map<MemberNode, Span>;
  /** States that this run has touched, with their free axes bound; undefined where that failed. */
  readonly stateAxes: Map<MemberNode, readonly StateDimension[] | undefined>;
  /** Axes that calls of this run go over although an argument has them too. */
  readonly shared: Map<Axis, SharedAxis>;
  /** Axes that the right side of a sum of this run has brought in while it lacks some of the left side. */
  readonly paired: Map<Axis, PairedAxes>;
}

/** A sum of which each side lacks an axis of the other. */
export interface PairedAxes {
  readonly span: Span;
  readonly left: string;
  readonly right: string;
  readonly onlyLeft: readonly string[];
  readonly onlyRight: readonly string[];
  /** The right side as written. */
  readonly text: string;
}

/** A call that goes over an axis which an argument has as well. */
export interface SharedAxis {
  readonly span: Span;
  readonly callee: string;
  readonly axis: string;
  /** The arguments that have it, as written. */
  readonly argument: string;
  /** How to write it with an axis of its own. */
  readonly hint: string;
}

/** Where an expression is evaluated. */
export interface Env {
  readonly scope: NameTable<Entity>;
  readonly frame: Frame;
  /** Whether a `for` of this fn encloses the place, so that `x = e` may stand there. */
  readonly isInFor: boolean;
}

/** A type as written: what it demands, with names of axes that a call binds left open. */
export type WrittenType =
  | {
      readonly kind: "tensor";
      readonly element: ElementType;
      readonly entries: readonly TypeEntry[];
      readonly span: Span;
    }
  | { readonly kind: "static"; readonly type: StaticType; readonly span: Span }
  | { readonly kind: "error" };

export type StaticType = "int" | "float" | "bool" | "string" | "fn" | "init";

export type TypeEntry =
  | { readonly kind: "rest"; readonly span: Span }
  | {
      readonly kind: "known";
      readonly axes: readonly Axis[];
      readonly size: Size | undefined;
      readonly span: Span;
    }
  | {
      readonly kind: "open";
      readonly name: string;
      readonly size: Size | undefined;
      readonly span: Span;
    };
