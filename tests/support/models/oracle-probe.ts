import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { memoryLoader } from "../../../compiler/api/load/memory-loader.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { readTensor } from "../../../runtime/weights/read-tensor.ts";
import { readDoubles } from "./double-tensors.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const folder = join(root, "..", "shared", "oracle", "probe");
const file = join(folder, "probe.safetensors");

/** Ten steps of the head of the linear probe in PyTorch, in float64; undefined, and said, where they are not here. */
export function oracleProbe(): OracleProbe | undefined {
  if (existsSync(file)) return new OracleProbe();
  console.log("skipped: ../shared/oracle is not here");
  return undefined;
}

export const probeRuns = ["hard", "soft_clip"] as const;
type ProbeRun = (typeof probeRuns)[number];

/** Paths of what is stored, as the official code calls it. */
const officialNames: Readonly<Record<string, string>> = {
  "bn.weight": "norm.weight",
  "bn.bias": "norm.bias",
  "bn.running_mean": "norm.running_mean",
  "bn.running_var": "norm.running_var",
  "head.weight": "head.weight",
  "head.bias": "head.bias",
};
export const probePaths = Object.keys(officialNames);

const imports = `
import { normal } from "std/initializers"
import { BatchNorm, Linear } from "std/layers"
import { cross_entropy, soft_cross_entropy } from "std/losses"
import { Sgd } from "std/optimizers"
`;

const stages = `

model Probe = ProbeHead<In = 24, Class = 7>()

stage hard of Probe(features: f32[B, In], label: i32[B]) {
  train everything else at lr 0.2
  optimizer Sgd(momentum: 0.9, nesterov: true)
  steps 10
  batch 16
  loss { cross_entropy{Class}(f32(classify(features)), label) }
}

stage soft_clip of Probe(features: f32[B, In], target: f32[B, Class]) {
  train everything else at lr 0.2
  clip 0.5
  optimizer Sgd(momentum: 0.9, nesterov: true)
  steps 10
  batch 16
  loss { soft_cross_entropy{Class}(f32(classify(features)), target) }
}

stage soft_clip_in_pieces of Probe(features: f32[B, In], target: f32[B, Class]) {
  train everything else at lr 0.2
  clip 0.5
  optimizer Sgd(momentum: 0.9, nesterov: true)
  steps 10
  batch 16 by 4
  loss { soft_cross_entropy{Class}(f32(classify(features)), target) }
}
`;

/** Both runs as stages of their names, one of them in pieces too. The model is that of `models/heads`, without the encoder that is imported there. */
export const probeText = {
  entry: "probe.weft",
  loader: memoryLoader("probe.weft", imports + head() + stages),
};

function head(): string {
  const text = readFileSync(join(root, "models", "heads", "heads.weft"), "utf8");
  const [model] = /^model ProbeHead[\s\S]*?^}/m.exec(text) ?? [];
  if (model === undefined) throw new Error("models/heads has no ProbeHead");
  return model;
}

const [rows, steps] = [16, 10];

class OracleProbe {
  readonly #doubles = readDoubles(file);
  readonly losses: Readonly<Record<ProbeRun, readonly number[]>>;
  /** Of the gradients before they are clipped, where the run clips. */
  readonly norms: Readonly<Record<ProbeRun, readonly number[]>>;

  constructor() {
    const { runs } = JSON.parse(readFileSync(join(folder, "probe.json"), "utf8")) as {
      readonly runs: Record<ProbeRun, { losses: readonly number[]; grad_norms: readonly number[] }>;
    };
    const { hard, soft_clip } = runs;
    this.losses = { hard: hard.losses, soft_clip: soft_clip.losses };
    this.norms = { hard: hard.grad_norms, soft_clip: soft_clip.grad_norms };
  }

  /** What a run begins with, by path. */
  initial(path: string): readonly number[] {
    if (path === "bn.running_mean") return new Array(24).fill(0);
    if (path === "bn.running_var") return new Array(24).fill(1);
    return [...readTensor(file, `init.${officialNames[path]}`).data];
  }

  /** What it ends with. */
  final(run: ProbeRun, path: string): readonly number[] {
    return this.#doubles(`${run}.f64.final.${officialNames[path]}`);
  }

  /** The gradient of the first step, before it is clipped. */
  firstGradient(run: ProbeRun, path: string): readonly number[] {
    return this.#doubles(`${run}.f64.grad0.${officialNames[path]}`);
  }

  /** Features that are no part of the training, and their logits by running statistics after it. */
  evaluation(run: ProbeRun): {
    readonly features: readonly number[];
    readonly logits: readonly number[];
  } {
    const features = [...readTensor(file, "eval_features").data];
    return { features, logits: this.#doubles(`${run}.f64.eval_logits`) };
  }

  /** All records of a run, one step after the other. */
  records(run: ProbeRun): Readonly<Record<string, Tensor>> {
    const take = (name: string): readonly number[] => [...readTensor(file, name).data];
    const real = (name: string, width: number): Tensor => ({
      element: "f32",
      shape: [steps, rows, width],
      data: Float32Array.from(take(name)),
    });
    const features = real("features", 24);
    if (run === "soft_clip") return { features, target: real("soft_targets", 7) };
    const label = {
      element: "i32",
      shape: [steps, rows],
      data: Int32Array.from(take("labels")),
    } as const;
    return { features, label };
  }

  /** The record of a step, from 0, as lists. */
  record(run: ProbeRun, step: number): Readonly<Record<string, readonly number[]>> {
    return Object.fromEntries(
      Object.entries(this.records(run)).map(([name, { data }]) => {
        const count = data.length / steps;
        return [name, [...data.subarray(step * count, (step + 1) * count)]];
      }),
    );
  }
}
