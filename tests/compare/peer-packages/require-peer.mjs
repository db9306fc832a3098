import { createRequire } from "node:module";
import { join } from "node:path";
import { env } from "node:process";

/** Loads from the folder that the peers were installed into. */
export const requirePeer = createRequire(join(env.WEFT_PEERS, "package.json"));
