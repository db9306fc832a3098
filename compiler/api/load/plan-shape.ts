import type {
  Artifact,
  CheckpointRead,
  CheckpointSource,
  CheckpointSpec,
  Dimension,
  IdRange,
  InputSpec,
  OutputSpec,
  QuantizedSpec,
  StepSpec,
  StoredSpec,
} from "../../artifact.ts";
import { initAxes, initialiser, parts, storageType } from "./initialiser-shape.ts";
import { program } from "./program-shape.ts";
import type { RecordedLoad } from "./recorded-loads.ts";
import {
  count,
  dictionary,
  either,
  type Kind,
  list,
  oneOf,
  optional,
  real,
  record,
  type Shape,
  text,
  truth,
  variants,
  whole,
} from "./shape.ts";

const shape = list(record<Dimension>({ name: text, size: count }));
const element = oneOf<OutputSpec["element"]>("f32", "i32", "u32", "bool");

const stored = record<StoredSpec>({
  kind: oneOf<StoredSpec["kind"]>("param", "buffer", "state"),
  path: text,
  shape,
  tensor: count,
  parts,
  quantized: optional(
    record<QuantizedSpec>({ scales: count, group: count, insteadOf: storageType }),
  ),
  lifetime: oneOf<StoredSpec["lifetime"]>("saved", "generation", "step"),
  writtenBy: list(text),
  free: list(count),
  init: initialiser,
  initAxes,
});

type ReaderArgument = NonNullable<InputSpec["reader"]>["args"][string];
const argument: Shape<ReaderArgument> = either(either(text, real), either(truth, list(real)));
const input = record<InputSpec>({
  name: text,
  element,
  shape,
  tensor: count,
  reader: optional(
    record<NonNullable<InputSpec["reader"]>>({ name: text, args: dictionary(argument) }),
  ),
  ids: optional(record<IdRange>({ axis: text, size: count, also: list(whole) })),
});
const output = record<OutputSpec>({ name: text, element, shape, tensor: count });

const step = record<StepSpec>({
  name: text,
  sizes: dictionary(count),
  inputs: list(input),
  outputs: list(output),
  from: count,
  to: count,
  macs: real,
  paperMacs: real,
  positions: optional(count),
});

const source = variants<CheckpointSource>({
  key: record<Kind<CheckpointSource, "key">>({ kind: oneOf("key"), key: text }),
  concat: record<Kind<CheckpointSource, "concat">>({ kind: oneOf("concat"), keys: list(text) }),
  transpose: record<Kind<CheckpointSource, "transpose">>({ kind: oneOf("transpose"), key: text }),
  part: record<Kind<CheckpointSource, "part">>({
    kind: oneOf("part"),
    key: text,
    index: count,
    of: count,
  }),
});

const checkpoint = record<CheckpointSpec>({
  layout: text,
  reads: list(
    record<CheckpointRead>({
      parameter: text,
      source: optional(source),
      resample: optional(
        record<NonNullable<CheckpointRead["resample"]>>({
          shape: list(count),
          program,
          input: count,
          output: count,
        }),
      ),
    }),
  ),
  ignore: list(text),
  prefix: text,
});

/** Everything that the runtime reads of an artifact, as JSON brings it back. */
const artifact = record<Artifact>({
  version: count,
  model: text,
  mode: text,
  sizes: dictionary(count),
  stored: list(stored),
  inputs: list(input),
  outputs: list(output),
  steps: list(step),
  program,
  macs: real,
  paperMacs: real,
  checkpoint: optional(checkpoint),
});

/** A plan as the cache keeps it. */
export interface Plan {
  readonly loads: readonly RecordedLoad[];
  readonly artifact: Artifact;
}

export const isPlan: Shape<Plan> = record<Plan>({
  loads: list(
    record<RecordedLoad>({
      specifier: text,
      importer: whole,
      found: optional(record<NonNullable<RecordedLoad["found"]>>({ path: text, digest: text })),
    }),
  ),
  artifact,
});
