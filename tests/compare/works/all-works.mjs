import { block } from "./block.mjs";
import { decode } from "./decode.mjs";
import { gemm } from "./gemm.mjs";
import { train } from "./train.mjs";
import { vit } from "./vit.mjs";

/** Everything that is compared, in the order of the tables. */
export const works = [gemm, block, vit, decode, train];

export const workNamed = (name) => works.find((work) => work.name === name);
