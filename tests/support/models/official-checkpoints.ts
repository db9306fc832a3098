import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import {
  chatCTensors,
  chatDTensors,
  internvit6bTensors,
  internvl14bTensors,
  type OfficialTensor,
} from "./official-tensors.ts";

/** A released checkpoint as its files are laid out: what is in which shard, and the texts beside them. */
export interface OfficialCheckpoint {
  readonly tensors: readonly OfficialTensor[];
  readonly config: object;
  readonly dtype: Dtype;
}

export type Dtype = "BF16" | "F16" | "F32";

const elementBytes = { BF16: 2, F16: 2, F32: 4 } as const;

/** The configuration of OpenGVLab/InternVL-14B-224px, as far as it decides about sizes. */
const internvlConfig = {
  attn_pool_num_heads: 16,
  clip_embed_dim: 768,
  num_query_token: 96,
  hidden_size: 4096,
  force_image_size: null as number | null,
  qllama_config: {
    vocab_size: 49954,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    rms_norm_eps: 1e-6,
    cross_attention_frequency: 2,
    num_query_token: 96,
  },
  vision_config: {
    hidden_size: 3200,
    num_attention_heads: 25,
    intermediate_size: 12800,
    num_hidden_layers: 48,
    image_size: 224,
    patch_size: 14,
    qk_normalization: true,
    qkv_bias: false,
  },
} as const;

const vicuna7b = {
  hidden_size: 4096,
  intermediate_size: 11008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  rms_norm_eps: 1e-5,
};

export const officialCheckpoints = {
  "InternVL-14B-224px": {
    tensors: internvl14bTensors(257),
    config: internvlConfig,
    dtype: "BF16",
  },
  "InternVL-14B-Flickr30K-FT-364px": {
    tensors: internvl14bTensors(677),
    config: { ...internvlConfig, force_image_size: 364 },
    dtype: "BF16",
  },
  "InternViT-6B-224px": {
    tensors: internvit6bTensors("", 257),
    config: internvlConfig.vision_config,
    dtype: "BF16",
  },
  "InternVL-Chat-ViT-6B-Vicuna-7B": {
    tensors: chatCTensors({ vocabulary: 32000 }),
    config: {
      ...vicuna7b,
      vocab_size: 32000,
      mm_hidden_size: 3200,
      mm_projector_type: "mlp2x_gelu",
    },
    dtype: "F16",
  },
  "InternVL-Chat with QLLaMA": {
    tensors: chatDTensors({ vocabulary: 32006 }),
    config: {
      internvl_config: internvlConfig,
      llm_config: { ...vicuna7b, vocab_size: 32006 },
    },
    dtype: "BF16",
  },
} as const satisfies Readonly<Record<string, OfficialCheckpoint>>;

export type OfficialName = keyof typeof officialCheckpoints;

/** Shapes by key, as the compiler wants them. */
export function headerOf({ tensors, config }: OfficialCheckpoint): {
  readonly config: string;
  readonly tensors: Readonly<Record<string, readonly number[]>>;
} {
  return { config: JSON.stringify(config), tensors: Object.fromEntries(tensors) };
}

export interface Shard {
  readonly tensors: readonly OfficialTensor[];
  readonly bytes: number;
}

/** Tensors in order, a new file where the next one would make it larger than 10 GB. */
export function shardsOf({ tensors, dtype }: OfficialCheckpoint, largest = 10e9): readonly Shard[] {
  const shards: { tensors: OfficialTensor[]; bytes: number }[] = [{ tensors: [], bytes: 0 }];
  for (const tensor of tensors) {
    const bytes = sizeOf(tensor) * elementBytes[dtype];
    let last = shards.at(-1);
    if (last === undefined || last.bytes + bytes > largest) {
      last = { tensors: [], bytes: 0 };
      shards.push(last);
    }
    last.tensors.push(tensor);
    last.bytes += bytes;
  }
  return shards;
}

/** The text of the index: of `.bin` files by `transformers`, of `.safetensors` by the converter of the hub. */
export function indexText(
  checkpoint: OfficialCheckpoint,
  format: "bin" | "safetensors" = "safetensors",
): string {
  const shards = shardsOf(checkpoint);
  const entries = shards.flatMap(({ tensors }, number) =>
    tensors.map(([key]) => [key, shardName(number, shards.length, format)] as const),
  );
  const total_size = shards.reduce((sum, { bytes }) => sum + bytes, 0);
  const weight_map = Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const index = { metadata: { total_size }, weight_map };
  return format === "bin"
    ? `${JSON.stringify(index, undefined, 2)}\n`
    : JSON.stringify(index, undefined, 4);
}

/** How a copy of a checkpoint differs from the release. */
export interface Changes {
  /** Another key for a tensor, or none for one that is left out. */
  readonly rename?: (key: string) => string | undefined;
  readonly extra?: readonly OfficialTensor[];
}

export function changed(checkpoint: OfficialCheckpoint, changes: Changes): OfficialCheckpoint {
  const { rename = (key) => key, extra = [] } = changes;
  const tensors = checkpoint.tensors.flatMap(([key, shape]): readonly OfficialTensor[] => {
    const name = rename(key);
    return name === undefined ? [] : [[name, shape]];
  });
  return { ...checkpoint, tensors: [...tensors, ...extra] };
}

/**
 * Writes the folder of a checkpoint: `config.json`, the index, and every shard with its whole header and
 * its whole size. The elements are holes in the files, read as zeros: 28 GB take a few hundred kilobytes.
 */
export function writeSparse(folder: string, checkpoint: OfficialCheckpoint): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "config.json"), JSON.stringify(checkpoint.config, undefined, 2));
  writeFileSync(join(folder, "model.safetensors.index.json"), indexText(checkpoint));
  const shards = shardsOf(checkpoint);
  for (const [number, shard] of shards.entries()) {
    const path = join(folder, shardName(number, shards.length, "safetensors"));
    writeSparseFile(path, shard.tensors, checkpoint.dtype);
  }
}

/** One `.safetensors` file of which only the header takes place on the disk. */
export function writeSparseFile(
  path: string,
  tensors: readonly OfficialTensor[],
  dtype: Dtype,
): void {
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  let offset = 0;
  // The library that writes these files sorts by element size, then by name.
  for (const [key, shape] of tensors.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const bytes = sizeOf([key, shape]) * elementBytes[dtype];
    header[key] = { dtype, shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const head = Buffer.alloc(8 + length, " ");
  head.writeBigUInt64LE(BigInt(length));
  json.copy(head, 8);
  const file = openSync(path, "w");
  try {
    writeSync(file, head);
    ftruncateSync(file, head.length + offset);
  } finally {
    closeSync(file);
  }
}

function shardName(number: number, of: number, format: "bin" | "safetensors"): string {
  const stem = format === "bin" ? "pytorch_model" : "model";
  const digits = (count: number): string => String(count).padStart(5, "0");
  return `${stem}-${digits(number + 1)}-of-${digits(of)}.${format}`;
}

function sizeOf([, shape]: OfficialTensor): number {
  return shape.reduce((product, size) => product * size, 1);
}
