import type { Span } from "../source/source-file.ts";

/**
 * The syntax tree: what was written, with spans and without meaning. Operator precedence is already
 * applied. Every node has `span`; trees with errors have `kind: "error"` expressions in their holes,
 * about which nothing further is reported.
 */
export interface Named {
  readonly text: string;
  readonly span: Span;
}

export interface FileSyntax {
  readonly imports: readonly ImportSyntax[];
  readonly items: readonly ItemSyntax[];
  readonly span: Span;
}
export interface ImportSyntax {
  readonly names: readonly Named[];
  readonly from: Named;
  readonly span: Span;
}

export type ItemSyntax =
  | ModuleSyntax
  | AliasSyntax
  | InterfaceSyntax
  | FnSyntax
  | StageSyntax
  | ExperimentSyntax
  | WeightsSyntax;

/** `module M<..>(..) where .. { }` or `model M<..>(..) { }`. */
export interface ModuleSyntax {
  readonly kind: "module";
  readonly isModel: boolean;
  readonly name: Named;
  readonly formals: readonly FormalSyntax[];
  readonly params: readonly ParamSyntax[];
  readonly where: readonly ExprSyntax[];
  readonly members: readonly MemberSyntax[];
  readonly doc: string | undefined;
  readonly span: Span;
}
/** `model M = Y(..)`. */
export interface AliasSyntax {
  readonly kind: "alias";
  readonly isModel: boolean;
  readonly name: Named;
  readonly part: PartSyntax;
  readonly doc: string | undefined;
  readonly span: Span;
}
export interface InterfaceSyntax {
  readonly kind: "interface";
  readonly name: Named;
  readonly formals: readonly FormalSyntax[];
  readonly params: readonly ParamSyntax[];
  readonly axes: readonly Named[];
  readonly fns: readonly { readonly name: Named; readonly signature: SignatureSyntax; readonly span: Span }[];
  readonly doc: string | undefined;
  readonly span: Span;
}
/** One name of `<D, Heads = 25>`. */
export interface FormalSyntax {
  readonly name: Named;
  readonly default: AxisSyntax | undefined;
  readonly span: Span;
}
export interface ParamSyntax {
  readonly name: Named;
  readonly type: TypeSyntax;
  readonly default: ExprSyntax | undefined;
  readonly reader: { readonly name: Named; readonly args: readonly ArgSyntax[]; readonly span: Span } | undefined;
  readonly span: Span;
}

export type MemberSyntax =
  | AxisDefSyntax
  | LetSyntax
  | UseSyntax
  | SlotSyntax
  | RepeatSyntax
  | StorageSyntax
  | TypeDefSyntax
  | FnSyntax
  | ModeSyntax;

export interface AxisDefSyntax {
  readonly kind: "axis";
  readonly name: Named;
  readonly axis: AxisSyntax;
  readonly span: Span;
}
export interface UseSyntax {
  readonly kind: "use";
  readonly paths: readonly PathSyntax[];
  readonly part: PartSyntax;
  readonly condition: ExprSyntax | undefined;
  readonly span: Span;
}
export interface SlotSyntax {
  readonly kind: "slot";
  readonly path: PathSyntax;
  readonly interface: Named;
  readonly axes: readonly AxisArgSyntax[];
  readonly part: PartSyntax;
  readonly condition: ExprSyntax | undefined;
  readonly span: Span;
}
export interface RepeatSyntax {
  readonly kind: "repeat";
  readonly variable: Named;
  readonly from: ExprSyntax;
  readonly to: ExprSyntax;
  readonly members: readonly MemberSyntax[];
  readonly span: Span;
}
export interface StorageSyntax {
  readonly kind: "storage";
  readonly storage: "param" | "buffer" | "state";
  readonly paths: readonly PathSyntax[];
  readonly type: TypeSyntax;
  readonly init: ExprSyntax;
  readonly condition: ExprSyntax | undefined;
  readonly span: Span;
}
export interface TypeDefSyntax {
  readonly kind: "type";
  readonly name: Named;
  readonly type: TypeSyntax;
  readonly span: Span;
}
export interface FnSyntax {
  readonly kind: "fn";
  readonly name: Named;
  readonly signature: SignatureSyntax;
  readonly body: BlockSyntax;
  readonly doc: string | undefined;
  readonly span: Span;
}
export interface ModeSyntax {
  readonly kind: "mode";
  readonly name: Named;
  /** One entry named as the mode, or one per `step`. */
  readonly steps: readonly { readonly name: Named; readonly signature: SignatureSyntax; readonly body: BlockSyntax; readonly span: Span }[];
  readonly isStepped: boolean;
  readonly doc: string | undefined;
  readonly span: Span;
}
export interface PartSyntax {
  readonly name: Named;
  readonly axes: readonly AxisArgSyntax[];
  readonly args: readonly ArgSyntax[];
  readonly with: { readonly path: PathSyntax; readonly part: PartSyntax } | undefined;
  readonly span: Span;
}
export interface AxisArgSyntax {
  readonly name: Named | undefined;
  readonly axis: AxisSyntax;
  readonly span: Span;
}
export interface ArgSyntax {
  readonly name: Named | undefined;
  readonly value: ExprSyntax;
  readonly span: Span;
}
export interface SignatureSyntax {
  /** `fn f{M, From -> To}`: axes that the caller gives. */
  readonly braces: BracesSyntax | undefined;
  readonly params: readonly ParamSyntax[];
  readonly result: ResultSyntax;
  readonly where: readonly ExprSyntax[];
  readonly span: Span;
}
export type ResultSyntax =
  | { readonly kind: "one"; readonly type: TypeSyntax; readonly span: Span }
  | { readonly kind: "many"; readonly entries: readonly { readonly name: Named; readonly type: TypeSyntax }[]; readonly span: Span };

/** `f32[B, N, D = 4]`, or a name alone (`int`, `Pixels`). `axes` is undefined for a name alone. */
export interface TypeSyntax {
  readonly element: Named | undefined;
  readonly axes: readonly TypeAxisSyntax[] | undefined;
  readonly span: Span;
}
export type TypeAxisSyntax =
  | { readonly kind: "rest"; readonly span: Span }
  | { readonly kind: "axis"; readonly axis: AxisSyntax; readonly size: AxisSyntax | undefined; readonly span: Span };

/** An axis or a size: `Cls ++ Patch`, `(Row, Col)`, `image / patch`. */
export type AxisSyntax =
  | { readonly kind: "number"; readonly value: number; readonly span: Span }
  | { readonly kind: "path"; readonly path: PathSyntax; readonly span: Span }
  | { readonly kind: "call"; readonly path: PathSyntax; readonly args: readonly AxisSyntax[]; readonly span: Span }
  | { readonly kind: "product"; readonly parts: readonly AxisSyntax[]; readonly span: Span }
  | { readonly kind: "join"; readonly parts: readonly AxisSyntax[]; readonly span: Span }
  | { readonly kind: "binary"; readonly op: "+" | "-" | "*" | "/" | "%" | "^" | "div"; readonly left: AxisSyntax; readonly right: AxisSyntax; readonly span: Span };

export interface PathSyntax {
  readonly head: Named;
  readonly steps: readonly PathStepSyntax[];
  readonly span: Span;
}
export type PathStepSyntax =
  | { readonly kind: "name"; readonly name: Named }
  | { readonly kind: "anyName"; readonly span: Span }
  | { readonly kind: "index"; readonly index: ExprSyntax; readonly span: Span }
  | { readonly kind: "range"; readonly from: ExprSyntax; readonly to: ExprSyntax; readonly span: Span }
  | { readonly kind: "anyIndex"; readonly span: Span };

export interface BlockSyntax {
  readonly statements: readonly StatementSyntax[];
  readonly span: Span;
}
export type StatementSyntax =
  | AxisDefSyntax
  | LetSyntax
  | { readonly kind: "for"; readonly variable: Named; readonly from: ExprSyntax; readonly to: ExprSyntax | undefined; readonly body: BlockSyntax; readonly span: Span }
  | { readonly kind: "assign"; readonly target: Named; readonly value: ExprSyntax; readonly span: Span }
  | { readonly kind: "store"; readonly target: Named; readonly value: ExprSyntax; readonly span: Span }
  | { readonly kind: "expr"; readonly value: ExprSyntax; readonly span: Span };
export interface LetSyntax {
  readonly kind: "let";
  readonly names: readonly Named[];
  readonly value: ExprSyntax;
  readonly span: Span;
}

export type BinaryOp =
  | "|>" | "or" | "and" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "in"
  | "+" | "-" | "*" | "/" | "%" | "div" | "^";

export type ExprSyntax =
  | { readonly kind: "int"; readonly value: number; readonly span: Span }
  | { readonly kind: "float"; readonly value: number; readonly text: string; readonly span: Span }
  | { readonly kind: "string"; readonly value: string; readonly span: Span }
  | { readonly kind: "bool"; readonly value: boolean; readonly span: Span }
  | { readonly kind: "none"; readonly span: Span }
  | { readonly kind: "name"; readonly name: string; readonly span: Span }
  | { readonly kind: "tuple"; readonly items: readonly ExprSyntax[]; readonly span: Span }
  | { readonly kind: "list"; readonly items: readonly ExprSyntax[]; readonly span: Span }
  | { readonly kind: "if"; readonly condition: ExprSyntax; readonly then: BlockSyntax; readonly otherwise: BlockSyntax | undefined; readonly span: Span }
  | { readonly kind: "unary"; readonly op: "-" | "not"; readonly operand: ExprSyntax; readonly span: Span }
  | { readonly kind: "binary"; readonly op: BinaryOp; readonly left: ExprSyntax; readonly right: ExprSyntax; readonly opSpan: Span; readonly span: Span }
  | { readonly kind: "member"; readonly object: ExprSyntax; readonly name: Named; readonly span: Span }
  /** `xs[i]`, `xs[*]` (index undefined) and, in `for` and selectors, `xs[a..b]`. */
  | { readonly kind: "index"; readonly object: ExprSyntax; readonly index: ExprSyntax | undefined; readonly to: ExprSyntax | undefined; readonly span: Span }
  /** `f{axes}(args)`; either may be absent, not both. */
  | { readonly kind: "call"; readonly callee: ExprSyntax; readonly braces: BracesSyntax | undefined; readonly args: readonly ArgSyntax[] | undefined; readonly span: Span }
  | { readonly kind: "error"; readonly span: Span };

export interface BracesSyntax {
  readonly items: readonly BraceItemSyntax[];
  /** Right of `->`; undefined without an arrow. */
  readonly to: readonly BraceItemSyntax[] | undefined;
  readonly span: Span;
}
export type BraceItemSyntax =
  | { readonly kind: "rest"; readonly span: Span }
  | { readonly kind: "axis"; readonly axis: AxisSyntax; readonly at: ExprSyntax | undefined; readonly span: Span };

/** Stages, experiments and weights: lists of entries, checked as far as names and types in 2-check. */
export interface StageSyntax {
  readonly kind: "stage";
  readonly name: Named;
  readonly of: Named;
  readonly params: readonly ParamSyntax[];
  readonly entries: readonly EntrySyntax[];
  readonly doc: string | undefined;
  readonly span: Span;
}
export type SelectorsSyntax = readonly PathSyntax[] | "everything else";
export type OverrideSyntax =
  | { readonly kind: "set"; readonly path: PathSyntax; readonly each: boolean; readonly value: ExprSyntax; readonly span: Span }
  | { readonly kind: "replace"; readonly path: PathSyntax; readonly parts: readonly PartSyntax[]; readonly each: boolean; readonly span: Span }
  | { readonly kind: "data"; readonly name: Named; readonly span: Span };
export type EntrySyntax =
  | OverrideSyntax
  | AxisDefSyntax
  | LetSyntax
  | { readonly kind: "freeze"; readonly selectors: SelectorsSyntax; readonly span: Span }
  | { readonly kind: "train"; readonly selectors: SelectorsSyntax; readonly settings: readonly { readonly name: Named; readonly value: ExprSyntax }[]; readonly span: Span }
  | { readonly kind: "decay"; readonly value: ExprSyntax; readonly except: readonly PathSyntax[]; readonly span: Span }
  | { readonly kind: "adapt"; readonly selectors: readonly PathSyntax[]; readonly method: Named; readonly args: readonly ArgSyntax[]; readonly span: Span }
  | { readonly kind: "setting"; readonly name: "start" | "schedule" | "steps" | "epochs" | "clip"; readonly value: ExprSyntax; readonly span: Span }
  | { readonly kind: "optimizer"; readonly part: PartSyntax; readonly span: Span }
  | { readonly kind: "batch"; readonly size: ExprSyntax; readonly by: ExprSyntax | undefined; readonly span: Span }
  | { readonly kind: "precision"; readonly roles: readonly { readonly role: Named; readonly type: Named }[]; readonly selectors: readonly PathSyntax[]; readonly span: Span }
  | { readonly kind: "memory"; readonly amount: ExprSyntax; readonly unit: Named; readonly span: Span }
  | { readonly kind: "loss"; readonly body: BlockSyntax; readonly span: Span }
  | { readonly kind: "watch"; readonly names: readonly Named[]; readonly span: Span }
  | { readonly kind: "phase"; readonly name: Named; readonly unit: Named; readonly amount: ExprSyntax; readonly entries: readonly EntrySyntax[]; readonly span: Span };

export interface ExperimentSyntax {
  readonly kind: "experiment";
  readonly name: Named;
  readonly of: Named;
  readonly trials: readonly TrialSyntax[];
  readonly doc: string | undefined;
  readonly span: Span;
}
export type TrialSyntax =
  | OverrideSyntax
  | { readonly kind: "case"; readonly name: Named; readonly overrides: readonly OverrideSyntax[]; readonly span: Span }
  | { readonly kind: "start"; readonly value: ExprSyntax; readonly span: Span }
  | { readonly kind: "seeds"; readonly from: ExprSyntax; readonly to: ExprSyntax; readonly span: Span }
  | { readonly kind: "run"; readonly stage: PathSyntax; readonly steps: ExprSyntax | undefined; readonly span: Span }
  | { readonly kind: "measure"; readonly name: Named; readonly value: ExprSyntax; readonly span: Span }
  | { readonly kind: "report"; readonly value: ExprSyntax; readonly span: Span };

export interface WeightsSyntax {
  readonly kind: "weights";
  readonly name: Named;
  readonly of: Named;
  readonly mappings: readonly MappingSyntax[];
  readonly doc: string | undefined;
  readonly span: Span;
}
export type MappingSyntax =
  | { readonly kind: "prefix"; readonly prefix: Named; readonly span: Span }
  | { readonly kind: "config"; readonly file: Named; readonly entries: readonly { readonly path: PathSyntax; readonly value: ExprSyntax; readonly span: Span }[]; readonly span: Span }
  | { readonly kind: "map"; readonly path: PathSyntax; readonly value: ExprSyntax; readonly span: Span }
  | { readonly kind: "tie"; readonly path: PathSyntax; readonly to: PathSyntax; readonly span: Span }
  | { readonly kind: "ignore"; readonly patterns: readonly Named[]; readonly span: Span }
  | { readonly kind: "initialise"; readonly selectors: readonly PathSyntax[]; readonly span: Span }
  | { readonly kind: "resample"; readonly path: PathSyntax; readonly over: readonly PathSyntax[]; readonly with: Named; readonly span: Span };
