import type { DataSet } from "./data-set.ts";
import { emoji } from "./emoji/emoji.ts";
import { fashionMnist } from "./fashion-mnist.ts";
import { openclipart } from "./openclipart.ts";
import { stamps } from "./stamps.ts";

/** What `weft data get` knows by name. */
export const dataSets: readonly DataSet[] = [emoji, stamps, fashionMnist, openclipart];
