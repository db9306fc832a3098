import type { ExperimentSyntax, StageSyntax, WeightsSyntax } from "./entry-syntax.ts";
import type {
  AliasSyntax,
  FnSyntax,
  InterfaceSyntax,
  ModuleSyntax,
  Named,
  Spanned,
} from "./syntax.ts";

export interface FileSyntax extends Spanned {
  readonly imports: readonly ImportSyntax[];
  readonly items: readonly ItemSyntax[];
}
export interface ImportSyntax extends Spanned {
  readonly names: readonly Named[];
  readonly from: Named;
}

export type ItemSyntax =
  | ModuleSyntax
  | AliasSyntax
  | InterfaceSyntax
  | FnSyntax
  | StageSyntax
  | ExperimentSyntax
  | WeightsSyntax;
