import type { Span } from "../../source/source-file.ts";
import type { EntityOf, Env, Instance, WrittenType } from "../core/entity.ts";

/** One argument that is to be bound to its parameter. */
export interface BindRequest {
  /** Where the caller is, for the names in messages. */
  readonly env: Env;
  readonly pattern: Extract<WrittenType, { kind: "tensor" }>;
  readonly argument: EntityOf<"tensor">;
  readonly through: readonly Instance[];
  /** "`norm1`". */
  readonly callee: string;
  /** What the parameter's axes are called in the callee. */
  readonly calleeEnv: Env;
  readonly span: Span;
}
