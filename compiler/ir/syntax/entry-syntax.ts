import type { Span } from "../../source/source-file.ts";
import type {
  ArgSyntax,
  AxisDefSyntax,
  BlockSyntax,
  DeclarationSyntax,
  ExprSyntax,
  LetSyntax,
  Named,
  ParamSyntax,
  PartSyntax,
  PathSyntax,
} from "./syntax.ts";

/** Stages, experiments and weights: lists of entries, checked as far as names and types in 2-check. */
export interface StageSyntax extends DeclarationSyntax {
  readonly kind: "stage";
  readonly of: Named;
  readonly params: readonly ParamSyntax[];
  readonly entries: readonly EntrySyntax[];
}
export type SelectorsSyntax = readonly PathSyntax[] | "everything else";
export type OverrideSyntax =
  | {
      readonly kind: "set";
      readonly path: PathSyntax;
      readonly each: boolean;
      readonly value: ExprSyntax;
      /** `in a to b`: the other end of a range. */
      readonly upTo: { readonly to: ExprSyntax; readonly isLog: boolean } | undefined;
      readonly span: Span;
    }
  | {
      readonly kind: "replace";
      readonly path: PathSyntax;
      readonly parts: readonly PartSyntax[];
      readonly each: boolean;
      readonly span: Span;
    }
  | { readonly kind: "data"; readonly sets: readonly DataSetSyntax[]; readonly span: Span };
/** `"alpaca" weight 2.0`. */
interface DataSetSyntax {
  readonly name: Named;
  readonly weight: ExprSyntax | undefined;
}
export type EntrySyntax =
  | OverrideSyntax
  | AxisDefSyntax
  | LetSyntax
  | { readonly kind: "freeze"; readonly selectors: SelectorsSyntax; readonly span: Span }
  | {
      readonly kind: "train";
      readonly selectors: SelectorsSyntax;
      readonly settings: readonly { readonly name: Named; readonly value: ExprSyntax }[];
      readonly span: Span;
    }
  | {
      readonly kind: "decay";
      readonly value: ExprSyntax;
      /** None: all parameters. */
      readonly selectors: readonly PathSyntax[];
      readonly except: readonly PathSyntax[];
      readonly span: Span;
    }
  | {
      readonly kind: "adapt";
      readonly selectors: readonly PathSyntax[];
      readonly method: Named;
      readonly args: readonly ArgSyntax[];
      readonly span: Span;
    }
  | {
      readonly kind: "setting";
      readonly name: "schedule" | "steps" | "epochs" | "clip" | "ema";
      readonly value: ExprSyntax;
      readonly span: Span;
    }
  | {
      readonly kind: "start";
      readonly value: ExprSyntax;
      /** None: the whole model. */
      readonly selectors: readonly PathSyntax[];
      readonly span: Span;
    }
  | { readonly kind: "optimizer"; readonly part: PartSyntax; readonly span: Span }
  | {
      readonly kind: "batch";
      readonly size: ExprSyntax;
      readonly by: ExprSyntax | undefined;
      readonly span: Span;
    }
  | {
      readonly kind: "precision";
      readonly roles: readonly { readonly role: Named; readonly type: Named }[];
      readonly selectors: readonly PathSyntax[];
      readonly span: Span;
    }
  | {
      readonly kind: "memory";
      readonly amount: ExprSyntax;
      readonly unit: Named;
      readonly span: Span;
    }
  | { readonly kind: "loss"; readonly body: BlockSyntax; readonly span: Span }
  | { readonly kind: "watch"; readonly names: readonly Named[]; readonly span: Span }
  | {
      readonly kind: "phase";
      readonly name: Named;
      readonly unit: Named;
      readonly amount: ExprSyntax;
      readonly entries: readonly EntrySyntax[];
      readonly span: Span;
    };

export interface ExperimentSyntax extends DeclarationSyntax {
  readonly kind: "experiment";
  /** Undefined where it is that of the experiment which is extended. */
  readonly of: Named | undefined;
  readonly extends: Named | undefined;
  readonly trials: readonly TrialSyntax[];
}
export type TrialSyntax =
  | OverrideSyntax
  | {
      readonly kind: "case";
      readonly name: Named;
      readonly overrides: readonly OverrideSyntax[];
      readonly span: Span;
    }
  | { readonly kind: "pair"; readonly overrides: readonly OverrideSyntax[]; readonly span: Span }
  | { readonly kind: "where"; readonly value: ExprSyntax; readonly span: Span }
  | {
      readonly kind: "baseline";
      /** Of a case, where there are no overrides. */
      readonly name: Named | undefined;
      readonly overrides: readonly OverrideSyntax[];
      readonly span: Span;
    }
  | {
      readonly kind: "sample";
      readonly count: ExprSyntax;
      readonly method: Named;
      readonly args: readonly ArgSyntax[];
      readonly span: Span;
    }
  | {
      readonly kind: "halve";
      readonly by: ExprSyntax;
      readonly from: ExprSyntax;
      readonly on: PathSyntax;
      readonly span: Span;
    }
  | { readonly kind: "start"; readonly value: ExprSyntax; readonly span: Span }
  | {
      readonly kind: "seeds";
      readonly from: ExprSyntax;
      readonly to: ExprSyntax;
      readonly span: Span;
    }
  | {
      readonly kind: "run";
      readonly stage: PathSyntax;
      readonly amount: ExprSyntax | undefined;
      readonly unit: "steps" | "minutes" | "flops";
      readonly span: Span;
    }
  | {
      readonly kind: "measure";
      readonly name: Named;
      readonly value: ExprSyntax;
      readonly span: Span;
    }
  | { readonly kind: "report"; readonly value: ExprSyntax; readonly span: Span };

export interface WeightsSyntax extends DeclarationSyntax {
  readonly kind: "weights";
  readonly of: Named;
  readonly mappings: readonly MappingSyntax[];
}
export type MappingSyntax =
  | { readonly kind: "prefix"; readonly prefix: Named; readonly span: Span }
  | {
      readonly kind: "config";
      readonly file: Named;
      readonly entries: readonly {
        readonly path: PathSyntax;
        readonly value: ExprSyntax;
        readonly span: Span;
      }[];
      readonly span: Span;
    }
  | {
      readonly kind: "map";
      readonly path: PathSyntax;
      readonly value: ExprSyntax;
      readonly span: Span;
    }
  | {
      readonly kind: "tie";
      readonly path: PathSyntax;
      readonly to: PathSyntax;
      readonly span: Span;
    }
  | { readonly kind: "ignore"; readonly patterns: readonly Named[]; readonly span: Span }
  | { readonly kind: "initialise"; readonly selectors: readonly PathSyntax[]; readonly span: Span }
  | {
      readonly kind: "resample";
      readonly path: PathSyntax;
      readonly over: readonly PathSyntax[];
      readonly with: Named;
      readonly span: Span;
    };
