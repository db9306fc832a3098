import type { Artifact, Dimension, InputForm, InputSpec } from "../../artifact.ts";

/** What the bindings of a model need to know: names, element types and shapes, nothing of kernels. */
export interface ModelBinding {
  readonly model: string;
  /** The `.weft` file as seen from the bindings: a relative URL. */
  readonly file: string;
  /** The same as a person names it. */
  readonly shownFile: string;
  /** Where `load` is imported from. */
  readonly library: string;
  /** Settings that the shapes hold for, as `--set` gave them. */
  readonly settings: Readonly<Record<string, number | boolean | string>>;
  readonly modes: readonly ModeBinding[];
  readonly stages: readonly StageBinding[];
}

/** A stage by which the model is trained. */
export interface StageBinding {
  readonly stage: string;
  readonly phases: readonly string[];
  /** Of its record; a size that its phases do not have in common is open. */
  readonly inputs: readonly TensorBinding[];
}

export interface ModeBinding {
  readonly mode: string;
  readonly freeAxes: readonly string[];
  readonly inputs: readonly TensorBinding[];
  readonly outputs: readonly TensorBinding[];
}

export interface TensorBinding {
  readonly name: string;
  readonly element: "f32" | "i32" | "u32" | "bool";
  /** A free axis has no size. */
  readonly shape: readonly { readonly name: string; readonly size: number | undefined }[];
  /** `image(fit: "crop")`. */
  readonly reader: string | undefined;
  /** The runtime can fill it in: how long the rows of another input are. */
  readonly isOptional: boolean;
}

/** What the bindings need of one compiled mode; the sizes that it was compiled for are left open again. */
export function bindMode(artifact: Artifact): ModeBinding {
  const freeAxes = Object.keys(artifact.sizes);
  const open = (shape: readonly Dimension[]) =>
    shape.map(({ name, size }) => ({ name, size: freeAxes.includes(name) ? undefined : size }));
  return {
    mode: artifact.mode,
    freeAxes,
    inputs: artifact.inputs.map((input) => ({
      name: input.name,
      element: input.element,
      shape: open(input.shape),
      reader: input.reader === undefined ? undefined : readerText(input.reader),
      isOptional: input.reader?.name === "length",
    })),
    outputs: artifact.outputs.map((output) => ({
      name: output.name,
      element: output.element,
      shape: open(output.shape),
      reader: undefined,
      isOptional: false,
    })),
  };
}

/** What the bindings need of a stage, from the record of each of its phases. */
export function bindStage({ stage, phases, records }: StageForms): StageBinding {
  const [first] = records;
  const sizesOf = (input: number, axis: number) =>
    new Set(records.map(({ inputs }) => inputs[input]?.shape[axis]?.size));
  const inputs = first?.inputs ?? [];
  return {
    stage,
    phases,
    inputs: inputs.map(({ name, element, shape, reader }, input) => ({
      name,
      element,
      shape: shape.map((dimension, axis) => {
        const isOpen =
          first?.freeAxes.includes(dimension.name) === true || sizesOf(input, axis).size > 1;
        return { name: dimension.name, size: isOpen ? undefined : dimension.size };
      }),
      reader: reader === undefined ? undefined : readerText(reader),
      isOptional: reader?.name === "length",
    })),
  };
}

/** The records of a stage's phases. */
interface StageForms {
  readonly stage: string;
  readonly phases: readonly string[];
  readonly records: readonly {
    readonly inputs: readonly InputForm[];
    readonly freeAxes: readonly string[];
  }[];
}

function readerText(reader: NonNullable<InputSpec["reader"]>): string {
  const settings = Object.entries(reader.args).map(
    ([name, value]) => `${name}: ${JSON.stringify(value)}`,
  );
  return `${reader.name}(${settings.join(", ")})`;
}
