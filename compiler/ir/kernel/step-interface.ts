/** Which tensors of a program of kernels one step of a mode reads, writes and keeps. */
export interface KernelStep {
  /** As the mode names the step. */
  readonly name: string;
  readonly interface: StepInterface;
}

/** Numbers of tensors; each list but the last in the order of the step's graph. */
export interface StepInterface {
  /** As it is before the call. */
  readonly stored: readonly number[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Tables that the program brings along, each once. */
  readonly constants: readonly number[];
}

/** The same step where the tensors have other numbers. */
export function renumberStep(step: KernelStep, renumber: (tensor: number) => number): KernelStep {
  const { stored, inputs, outputs, constants } = step.interface;
  return {
    ...step,
    interface: {
      stored: stored.map(renumber),
      inputs: inputs.map(renumber),
      outputs: outputs.map(renumber),
      constants: constants.map(renumber),
    },
  };
}
