import type { DeviceProfile } from "../../ir/device-profile.ts";
import type { CompileOptions } from "../compile-options.ts";

export interface StudyOptions {
  /** Where programs run: what does not fit is told. Without one nothing is refused for its size. */
  readonly profile?: DeviceProfile | undefined;
  /** Steps that one pass over the data takes, where stages count epochs. */
  readonly stepsPerEpoch?: number | undefined;
  /** Settings and owned axes by path that go before those of every cell, as `--set` takes them. */
  readonly set?: CompileOptions["set"];
  /** Told of each cell before it is costed. */
  readonly onCell?: ((name: string, done: number, all: number) => void) | undefined;
}
