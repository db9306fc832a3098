/** How far the loading of weights has come. */
export interface WeightProgress {
  readonly parameter: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Of bytes as the device stores them, since the start. */
  readonly megabytesPerSecond: number;
}
