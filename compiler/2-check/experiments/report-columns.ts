/** Columns that every report may have. */
export const builtInColumns: readonly string[] = [
  "params",
  "macs",
  "trainable",
  "macs_per_step",
  "flops_per_step",
  "dispatches",
  "steps",
  "step_ms",
  "images_per_second",
  "minutes",
  "peak_bytes",
  "loss",
];

/** Columns that every part of the model has: `vision_model.macs`. */
export const partColumns: readonly string[] = ["params", "macs"];
