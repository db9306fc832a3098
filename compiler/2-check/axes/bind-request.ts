import type { Span } from "../../source/source-file.ts";
import type { Env, Instance, MeaningOf, WrittenType } from "../core/meaning.ts";

/** One argument that is to be bound to its parameter. */
export interface BindRequest {
  /** Where the caller is, for the names in messages. */
  readonly env: Env;
  readonly pattern: Extract<WrittenType, { kind: "tensor" }>;
  readonly argument: MeaningOf<"tensor">;
  readonly through: readonly Instance[];
  /** "`norm1`". */
  readonly callee: string;
  /** What the parameter's axes are called in the callee. */
  readonly calleeEnv: Env;
  readonly span: Span;
}
