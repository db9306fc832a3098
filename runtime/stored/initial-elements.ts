import type { StoredSpec } from "../../compiler/artifact.ts";
import { compileExpr } from "../weights/compile-expr.ts";
import type { ElementSource } from "../weights/element-source.ts";

/**
 * First elements of what is stored, or of a constant: each is a function of the seed and its own place, so
 * any range can be made.
 */
export function initialElements(
  spec: Pick<StoredSpec, "init" | "initAxes">,
  seed: number,
): ElementSource {
  const axes = spec.initAxes.length === 0 ? [{ axis: -1, extent: 1 }] : spec.initAxes;
  const fillRow = compileExpr(spec.init, axes, { seed, step: 0 });
  const row = axes.at(-1)?.extent ?? 1;
  const outerExtents = axes.slice(0, -1).map((axis) => axis.extent);
  const isReal = spec.init.type === "f32";
  return {
    type: isReal ? "F32" : "I32",
    count: axes.reduce((product, axis) => product * axis.extent, 1),
    read(target, start) {
      const total = target.length / 4;
      const numbers = isReal
        ? new Float32Array(target.buffer, target.byteOffset, total)
        : new Int32Array(target.buffer, target.byteOffset, total);
      for (let done = 0; done < total; ) {
        const from = (start + done) % row;
        const to = Math.min(row, from + total - done);
        fillRow(
          numbers.subarray(done, done + to - from),
          positions(Math.floor((start + done) / row), outerExtents),
          from,
          to,
        );
        done += to - from;
      }
    },
  };
}

/** Row number to the position on each outer axis. */
function positions(row: number, extents: readonly number[]): number[] {
  const at = new Array<number>(extents.length).fill(0);
  let rest = row;
  for (let axis = extents.length - 1; axis >= 0; axis--) {
    const extent = extents[axis] ?? 1;
    at[axis] = rest % extent;
    rest = Math.floor(rest / extent);
  }
  return at;
}
