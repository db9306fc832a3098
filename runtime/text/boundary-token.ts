import { fault } from "../faults.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** The token that starts or ends a text, where something asks for it. */
export function boundaryToken(
  tokenizer: Pick<Tokenizer, "bosId" | "eosId">,
  boundary: "bos" | "eos",
): number {
  const id = boundary === "bos" ? tokenizer.bosId : tokenizer.eosId;
  if (id !== undefined) return id;
  throw fault("no-boundary-token", { boundary });
}
