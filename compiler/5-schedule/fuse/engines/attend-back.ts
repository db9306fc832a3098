import { invariant } from "../../../diagnostics/internal-error.ts";
import { axisIndex } from "../../../ir/expr/expr.ts";
import type { Axis, Value } from "../../../ir/graph/graph.ts";
import type { AttendBackEngine } from "../../../ir/kernel/engines/attend-back.ts";
import { isEngine } from "../../../ir/kernel/engines/engine-registry.ts";
import type { LoopAxis } from "../../../ir/kernel/loops.ts";
import { attendAxes, attendOperands } from "../../../ops/families/attention/attend-operands.ts";
import type { EngineSite, FusedEngine } from "./fused-engine.ts";

/** Where each operation of the way back stands: the side that it goes along, and the number of its result. */
interface Result {
  readonly side: AttendBackEngine["side"];
  readonly number: 0 | 1;
}
const results: Readonly<Record<string, Result>> = {
  attend_back_query: { side: "queries", number: 0 },
  attend_delta: { side: "queries", number: 1 },
  attend_back_key: { side: "keys", number: 0 },
  attend_back_value: { side: "keys", number: 1 },
};

export const fusedAttendBack: FusedEngine<"attend-back"> = {
  joins: "nothing",
  reusesInputs: true,
  gridOf(head) {
    const axes = attendAxes(attendOperands(head), head.attrs);
    return [...axes.batch, ...axes[resultOf(head).side]];
  },
  resultOf: (value) => resultOf(value).number,
  open,
  store(site, value, tensor) {
    const known = { engine: site.engine ?? open(site) };
    invariant(isEngine(known, "attend-back"), `${value.op} is stored by another engine`);
    const { engine } = known;
    const { side, number } = resultOf(value);
    const axes = attendAxes(attendOperands(value), value.attrs);
    const [own, loops] =
      number === 0 ? [axes.inner, engine.inner] : [axes.valueAxes, engine.valueAxes];
    const at = value.type.axes.map((axis) => {
      const loop = loops[own.indexOf(axis)] ?? gridLoop(site, axis);
      return axisIndex(loop.id, loop.extent);
    });
    const stands = number === 0 ? {} : side === "queries" ? { perRow: true } : { along: 1 };
    const reduced = { kind: "reduced", reduction: number, type: "f32" } as const;
    return { engine, stores: [{ tensor, at, value: reduced, ...stands }] };
  },
};

function open(site: EngineSite): AttendBackEngine {
  const { head, loops } = site.group;
  const operands = attendOperands(head);
  const { query, key, values, mask, bias, back } = operands;
  const [gradient, logSum, share] = back;
  const { scale, cap } = head.attrs;
  invariant(
    gradient !== undefined && logSum !== undefined && share !== undefined,
    `${head.op} needs a gradient, the sums of rows and the result`,
  );
  invariant(typeof scale === "number", `${head.op} needs a scale`);
  const { side } = resultOf(head);
  const axes = attendAxes(operands, head.attrs);
  const grid = site.loopsOf(loops.grid);
  const [batch, rows] = [grid.slice(0, axes.batch.length), grid.slice(axes.batch.length)];
  const others = site.openLoops(side === "queries" ? axes.keys : axes.queries);
  const keys = side === "queries" ? others : rows;
  const { element } = site;
  // The inner axis may also be an axis of the values: it then is a loop of its own in each product.
  const scores = site.withLoops(axes.inner, (inner) => ({
    inner,
    query: element(query),
    key: element(key),
  }));
  const slopes = site.withLoops(axes.valueAxes, (valueAxes) => ({
    valueAxes,
    value: element(values),
    gradient: element(gradient),
    share: element(share),
  }));
  return {
    kind: "attend-back",
    side,
    batch,
    queries: side === "queries" ? rows : others,
    keys,
    ...scores,
    ...slopes,
    logSum: element(logSum),
    mask: mask && element(mask),
    ...(bias && { bias: element(bias) }),
    scale,
    ...(typeof cap === "number" && { cap }),
    keyCount: keys.reduce((count, { extent }) => count * extent, 1),
  };
}

function resultOf({ op }: Value): Result {
  const result = results[op];
  invariant(result !== undefined, `${op} is no part of the way back of an attention`);
  return result;
}

function gridLoop(site: EngineSite, axis: Axis): LoopAxis {
  const [loop] = site.loopsOf([axis]);
  invariant(loop !== undefined, `${axis.name} is no loop of the kernel`);
  return loop;
}
