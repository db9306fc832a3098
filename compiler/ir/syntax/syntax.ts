import type { Span } from "../../source/source-file.ts";

/**
 * The syntax tree: what was written, with spans and without meaning. Operator precedence is already
 * applied. Every node has `span`; trees with errors have `kind: "error"` expressions in their holes,
 * about which nothing further is reported.
 */
export interface Named {
  readonly text: string;
  readonly span: Span;
}

/** Whatever has a place in the text. */
export interface Spanned {
  readonly span: Span;
}

/** What every declaration has, members with a body included. */
export interface DeclarationSyntax extends Spanned {
  readonly name: Named;
  /** The `///` lines right above. */
  readonly doc: string | undefined;
}

/** `module M<..>(..) where .. { }` or `model M<..>(..) { }`. */
export interface ModuleSyntax extends DeclarationSyntax {
  readonly kind: "module";
  readonly isModel: boolean;
  readonly formals: readonly FormalSyntax[];
  readonly params: readonly ParamSyntax[];
  readonly where: readonly ExprSyntax[];
  readonly members: readonly MemberSyntax[];
}
/** `model M = Y(..)`. */
export interface AliasSyntax extends DeclarationSyntax {
  readonly kind: "alias";
  readonly isModel: boolean;
  readonly part: PartSyntax;
}
export interface InterfaceSyntax extends DeclarationSyntax {
  readonly kind: "interface";
  readonly formals: readonly FormalSyntax[];
  readonly params: readonly ParamSyntax[];
  readonly axes: readonly Named[];
  readonly fns: readonly {
    readonly name: Named;
    readonly signature: SignatureSyntax;
    readonly span: Span;
  }[];
}
/** One name of `<D, Heads = 25>`. */
export interface FormalSyntax extends Spanned {
  readonly name: Named;
  readonly default: AxisSyntax | undefined;
}
export interface ParamSyntax extends Spanned {
  readonly name: Named;
  readonly type: TypeSyntax;
  readonly default: ExprSyntax | undefined;
  readonly reader:
    | { readonly name: Named; readonly args: readonly ArgSyntax[]; readonly span: Span }
    | undefined;
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

export interface AxisDefSyntax extends Spanned {
  readonly kind: "axis";
  readonly name: Named;
  readonly axis: AxisSyntax;
}
export interface UseSyntax extends Spanned {
  readonly kind: "use";
  readonly paths: readonly PathSyntax[];
  readonly part: PartSyntax;
  readonly condition: ExprSyntax | undefined;
}
export interface SlotSyntax extends Spanned {
  readonly kind: "slot";
  readonly path: PathSyntax;
  readonly interface: Named;
  readonly axes: readonly AxisArgSyntax[];
  readonly part: PartSyntax;
  readonly condition: ExprSyntax | undefined;
}
export interface RepeatSyntax extends Spanned {
  readonly kind: "repeat";
  readonly variable: Named;
  readonly from: ExprSyntax;
  readonly to: ExprSyntax;
  readonly members: readonly MemberSyntax[];
}
export interface StorageSyntax extends Spanned {
  readonly kind: "storage";
  readonly storage: "param" | "buffer" | "state";
  readonly paths: readonly PathSyntax[];
  readonly type: TypeSyntax;
  readonly init: ExprSyntax;
  readonly condition: ExprSyntax | undefined;
}
interface TypeDefSyntax extends Spanned {
  readonly kind: "type";
  readonly name: Named;
  readonly type: TypeSyntax;
}
export interface FnSyntax extends DeclarationSyntax {
  readonly kind: "fn";
  readonly signature: SignatureSyntax;
  readonly body: BlockSyntax;
}
export interface ModeSyntax extends DeclarationSyntax {
  readonly kind: "mode";
  /** One entry named as the mode, or one per `step`. */
  readonly steps: readonly {
    readonly name: Named;
    readonly signature: SignatureSyntax;
    readonly body: BlockSyntax;
    readonly span: Span;
  }[];
  readonly isStepped: boolean;
}
export interface PartSyntax extends Spanned {
  readonly name: Named;
  readonly axes: readonly AxisArgSyntax[];
  readonly args: readonly ArgSyntax[];
  readonly with: { readonly path: PathSyntax; readonly part: PartSyntax } | undefined;
}
export interface AxisArgSyntax extends Spanned {
  readonly name: Named | undefined;
  readonly axis: AxisSyntax;
}
export interface ArgSyntax extends Spanned {
  readonly name: Named | undefined;
  readonly value: ExprSyntax;
}
export interface SignatureSyntax extends Spanned {
  /** `fn f{M, From -> To}`: axes that the caller gives. */
  readonly braces: BracesSyntax | undefined;
  readonly params: readonly ParamSyntax[];
  readonly result: ResultSyntax;
  readonly where: readonly ExprSyntax[];
}
export type ResultSyntax =
  | { readonly kind: "one"; readonly type: TypeSyntax; readonly span: Span }
  | {
      readonly kind: "many";
      readonly entries: readonly { readonly name: Named; readonly type: TypeSyntax }[];
      readonly span: Span;
    };

/** `f32[B, N, D = 4]`, or a name alone (`int`, `Pixels`). `axes` is undefined for a name alone. */
export interface TypeSyntax extends Spanned {
  readonly element: Named | undefined;
  readonly axes: readonly TypeAxisSyntax[] | undefined;
}
export type TypeAxisSyntax = Spanned &
  (
    | { readonly kind: "rest" }
    | { readonly kind: "axis"; readonly axis: AxisSyntax; readonly size: AxisSyntax | undefined }
  );

/** An axis or a size: `Cls ++ Patch`, `(Row, Col)`, `image / patch`. */
export type AxisSyntax = Spanned &
  (
    | { readonly kind: "number"; readonly value: number }
    | { readonly kind: "path"; readonly path: PathSyntax }
    | { readonly kind: "call"; readonly path: PathSyntax; readonly args: readonly AxisSyntax[] }
    | { readonly kind: "product"; readonly parts: readonly AxisSyntax[] }
    | { readonly kind: "join"; readonly parts: readonly AxisSyntax[] }
    | {
        readonly kind: "binary";
        readonly op: SizeOp;
        readonly left: AxisSyntax;
        readonly right: AxisSyntax;
      }
  );

export interface PathSyntax extends Spanned {
  readonly head: Named;
  readonly steps: readonly PathStepSyntax[];
}
export type PathStepSyntax =
  | { readonly kind: "name"; readonly name: Named }
  | { readonly kind: "anyName"; readonly span: Span }
  | { readonly kind: "index"; readonly index: ExprSyntax; readonly span: Span }
  | {
      readonly kind: "range";
      readonly from: ExprSyntax;
      readonly to: ExprSyntax;
      readonly span: Span;
    }
  | { readonly kind: "anyIndex"; readonly span: Span };

export interface BlockSyntax extends Spanned {
  readonly statements: readonly StatementSyntax[];
}
export type StatementSyntax = Spanned &
  (
    | AxisDefSyntax
    | LetSyntax
    | {
        readonly kind: "for";
        readonly variable: Named;
        readonly from: ExprSyntax;
        readonly to: ExprSyntax | undefined;
        readonly body: BlockSyntax;
      }
    | { readonly kind: "assign"; readonly target: Named; readonly value: ExprSyntax }
    | { readonly kind: "store"; readonly target: Named; readonly value: ExprSyntax }
    | { readonly kind: "expr"; readonly value: ExprSyntax }
  );
export interface LetSyntax extends Spanned {
  readonly kind: "let";
  readonly names: readonly Named[];
  readonly value: ExprSyntax;
}

/** Between sizes. */
export type SizeOp = "+" | "-" | "*" | "/" | "%" | "^" | "div";
type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in";
/** Between expressions. */
export type BinaryOp = SizeOp | Comparison | "|>" | "or" | "and";

export type ExprSyntax = Spanned &
  (
    | { readonly kind: "int"; readonly value: number }
    | { readonly kind: "float"; readonly value: number; readonly text: string }
    | { readonly kind: "string"; readonly value: string }
    | { readonly kind: "bool"; readonly value: boolean }
    | { readonly kind: "none" }
    | { readonly kind: "name"; readonly name: string }
    | { readonly kind: "tuple"; readonly items: readonly ExprSyntax[] }
    | { readonly kind: "list"; readonly items: readonly ExprSyntax[] }
    | {
        readonly kind: "if";
        readonly condition: ExprSyntax;
        readonly then: BlockSyntax;
        readonly otherwise: BlockSyntax | undefined;
      }
    | { readonly kind: "unary"; readonly op: "-" | "not"; readonly operand: ExprSyntax }
    | {
        readonly kind: "binary";
        readonly op: BinaryOp;
        readonly left: ExprSyntax;
        readonly right: ExprSyntax;
        readonly opSpan: Span;
      }
    | { readonly kind: "member"; readonly object: ExprSyntax; readonly name: Named }
    /** `xs[i]`, `xs[*]` (index undefined) and, in `for` and selectors, `xs[a..b]`. */
    | {
        readonly kind: "index";
        readonly object: ExprSyntax;
        readonly index: ExprSyntax | undefined;
        readonly to: ExprSyntax | undefined;
      }
    /** `f{axes}(args)`; either may be absent, not both. */
    | {
        readonly kind: "call";
        readonly callee: ExprSyntax;
        readonly braces: BracesSyntax | undefined;
        readonly args: readonly ArgSyntax[] | undefined;
      }
    | { readonly kind: "error" }
  );

export interface BracesSyntax extends Spanned {
  readonly items: readonly BraceItemSyntax[];
  /** Right of `->`; undefined without an arrow. */
  readonly to: readonly BraceItemSyntax[] | undefined;
}
export type BraceItemSyntax = Spanned &
  (
    | { readonly kind: "rest" }
    | { readonly kind: "axis"; readonly axis: AxisSyntax; readonly at: ExprSyntax | undefined }
  );
