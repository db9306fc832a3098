/** What a device can do at most, as micro-kernels found it. Kernels are held against these numbers. */
export interface MeasuredLimits {
  /** Bytes read and written by a copy between storage buffers that no cache holds, in units of 1e9. */
  readonly gigabytesPerSecond: number;
  /** f32 fused multiply-adds out of registers; each counts twice, as everywhere. */
  readonly gflops: number;
  /** What one more dispatch in a pass costs, with next to nothing to do. */
  readonly dispatchMicroseconds: number;
}
