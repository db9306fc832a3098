import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scheduleKernel } from "../../compiler/5-schedule/choose/choose-schedule.ts";
import type { ScalarType } from "../../compiler/ir/expr/scalar-types.ts";
import {
  functionRecord,
  resultTypeOf,
  type ScalarFn,
  scalarFunction,
  scalarFunctionNames,
} from "../../compiler/ir/scalar-functions/scalar-functions.ts";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { prepareKernel } from "../support/kernels/run-kernel.ts";
import { functionOf } from "../support/kernels/sample-maps.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";
import { operandsOf, typesOf } from "../support/special-numbers.ts";

/** Allowed relative error where it is not 1e-6. */
const tolerances: Partial<Record<ScalarFn, number>> = { exp: 1e-5, pow: 3e-5, erf_inv: 4e-5 };

/** Right beside 1 only: drivers' own `log` and `tanh`, and angles whose turns are taken off. */
const besideOne: ReadonlySet<ScalarFn> = new Set(["log", "tanh", "sin", "cos", "erf", "pow"]);

/** What WGSL leaves open, or f32 does not have. */
function isOpen(fn: ScalarFn, type: ScalarType, operands: readonly number[]): boolean {
  const [a = 0, b = 0] = operands;
  if (type !== "f32") return false;
  // The smallest numbers may count as 0.
  if (operands.some((x) => x !== 0 && Math.abs(x) < 1.2e-38)) return true;
  if (fn === "to_i32" || fn === "to_u32") return Number.isNaN(a);
  if (fn === "sin" || fn === "cos") return Math.abs(a) > 1e4 && Number.isFinite(a);
  // SwiftShader's is infinite.
  if (fn === "exp") return Number.isNaN(a);
  // The quotient is rounded; a product may be, before the sum.
  if (fn === "mod") return Math.abs(a) > Math.abs(b) && Math.fround(a / b) !== a / b;
  return fn === "fma" && !Number.isFinite(Math.fround(a * b));
}

describe.each(testDrivers)("special values on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => device?.dispose());

  for (const fn of scalarFunctionNames) {
    for (const type of typesOf(fn)) {
      test(`${fn} of ${type}`, async (context) => {
        if (device === undefined) return context.skip("there is no such driver");
        const lists = operandsOf(fn, type)
          .map((operands) => (type === "f32" ? operands.map(Math.fround) : operands))
          .filter((operands) => !isOpen(fn, type, operands));
        // Four at a time, and one by one.
        const whole = lists.slice(0, lists.length - (lists.length % 4));
        for (const some of [whole, lists.slice(0, whole.length - 1)]) {
          const found = await computeOnDevice(device, fn, type, some);
          const wrong = some.flatMap((operands, n) => {
            const exact = scalarFunction(fn, type)(...operands);
            const value = found[n] ?? 0;
            const text = `${fn}(${operands.join(", ")}) is ${value}, not ${exact}`;
            return isRight(fn, type, value, exact) ? [] : [text];
          });
          expect(wrong).toEqual([]);
        }
      });
    }
  }
});

function isRight(fn: ScalarFn, type: ScalarType, found: number, exact: number): boolean {
  const wanted = resultTypeOf(fn, type) === "f32" ? Math.fround(exact) : exact;
  if (Object.is(found, wanted) || found === wanted) return true;
  // What is next to the largest number may be it or infinite.
  if (Number.isFinite(exact) && Math.abs(exact) > 3.4e38 && Math.abs(found) > 3.4e38) return true;
  if (!Number.isFinite(found) || !Number.isFinite(wanted)) return false;
  const size = besideOne.has(fn) ? Math.max(1, Math.abs(exact)) : Math.abs(exact);
  return Math.abs(found - exact) <= (tolerances[fn] ?? 1e-6) * size + 1.2e-38;
}

async function computeOnDevice(
  device: Device,
  fn: ScalarFn,
  type: ScalarType,
  lists: readonly (readonly number[])[],
): Promise<Float64Array> {
  const { arity } = functionRecord(fn);
  const { kernel, tensors } = functionOf(fn, arity, lists.length, type, resultTypeOf(fn, type));
  const given = new Map(
    Array.from({ length: arity }, (_, n) => [n, Float64Array.from(lists, (list) => list[n] ?? 0)]),
  );
  const profile = deviceProfile(device);
  const scheduled = scheduleKernel(kernel, tensors, profile, () => undefined);
  const prepared = await prepareKernel({ device: device.gpu, profile }, scheduled, tensors, given);
  await prepared.run(1);
  const found = await prepared.read(arity);
  prepared.dispose();
  return found;
}
